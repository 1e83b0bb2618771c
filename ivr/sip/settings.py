"""Settings of the SIP side."""

from __future__ import annotations

import ipaddress
import re

import msgspec

_SEAT = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HA1 = re.compile(r"[0-9a-f]{32}")
_REALM = re.compile(r"[A-Za-z0-9.-]{1,64}")
_SERVER = re.compile(r"sip:[A-Za-z0-9.-]+(:\d+)?")


class TrunkSettings(msgspec.Struct, frozen=True):
    """The telephone company's registrar; no registration while ``registrar`` is empty.

    ``registrar`` is a SIP URI (``sip:trunk.example.cn``), ``user`` and ``password`` the digest
    credentials, ``realm`` the realm they are for ("*" = whatever is asked), ``expires`` how
    many seconds one registration lasts.
    """

    registrar: str = ""
    user: str = ""
    password: str = ""
    realm: str = "*"
    expires: int = 300

    def __repr__(self) -> str:
        return f"TrunkSettings(registrar={self.registrar!r}, user={self.user!r}, password='***')"


class SeatSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One seat's telephone, either or:

    ``ha1``: the phone registers here as user ``name``; this is the MD5 of
    ``name:realm:password`` (``hotline seats password`` makes it). ``uri``: its fixed SIP
    address, for a phone behind a PBX; nothing registers.
    """

    name: str
    ha1: str = ""
    uri: str = ""

    def __repr__(self) -> str:
        # With it anybody could register as this seat.
        return f"SeatSettings(name={self.name!r}, ha1='***', uri={self.uri!r})"

    def __post_init__(self) -> None:
        if not _SEAT.fullmatch(self.name):
            raise ValueError(f"seat {self.name!r}: letters, digits, - and _ only, 32 at most")
        if bool(self.ha1) == bool(self.uri):
            raise ValueError(f"seat {self.name}: needs either ha1 or uri")
        if self.ha1 and not _HA1.fullmatch(self.ha1):
            raise ValueError(f"seat {self.name}: ha1 is 32 hexadecimal digits in small letters")
        if self.uri and not self.uri.startswith(("sip:", "sips:")):
            raise ValueError(f"seat {self.name}: uri begins with sip:")


class SipSettings(msgspec.Struct, frozen=True):
    """How calls reach the hotline and how many there may be.

    ``host``, ``port``: where SIP is open to the outside, UDP and TCP. ``public_host`` is the
    address that others reach it at, if that is another one (needed where ``host`` is 0.0.0.0).
    ``number``: the hotline's own number, the user part of its addresses.
    ``networks``: calls from anywhere else are dropped without an answer.
    ``max_calls``: callers at once; beyond it 503 with ``retry_after_s`` seconds. ``spare`` is
    how many workers are kept beyond that.
    ``calls_per_worker``: a worker process is replaced after so many calls.
    ``media_timeout_s``: a caller of whom nothing is received for so long has vanished.
    ``worker_port``: first of the loopback UDP ports of the workers, one each (occupied ones
    are skipped); ``internal_port``: Kamailio's loopback UDP port for the workers.
    ``rtp_host``: address to send and receive audio at; ``rtp_public_host`` the one told to
    others, if different. Audio ports are ``rtp_port`` and up, ``rtp_ports`` for each worker.
    ``single``: no Kamailio; one worker answers on the public port itself, one caller at a
    time, for development; only on loopback, as nothing keeps strangers out. ``kamailio``:
    the program to run otherwise.
    ``fallback_uri``: rung for the caller if the node dies in mid-call, after the WAV file
    ``fallback_prompt``. ``run_dir``: sockets, pid files and generated configuration ("" is
    ``run`` in the data directory).
    ``seats``: the operators' telephones; ``realm`` is the realm that their passwords are for,
    and the domain of their addresses.
    ``front``: the SIP address (``sip:10.0.0.5:5061``) of the Kamailio in front of this node and
    others (``hotline front``): the seats register there, and all calls out go through it.
    """

    host: str = "127.0.0.1"
    port: int = 5060
    public_host: str = ""
    number: str = "12345"
    networks: tuple[str, ...] = ("127.0.0.0/8",)
    max_calls: int = 20
    spare: int = 2
    retry_after_s: int = 10
    calls_per_worker: int = 200
    media_timeout_s: float = 25.0
    worker_port: int = 5100
    internal_port: int = 5090
    rtp_host: str = "127.0.0.1"
    rtp_public_host: str = ""
    rtp_port: int = 20000
    rtp_ports: int = 16
    single: bool = False
    kamailio: str = "kamailio"
    fallback_uri: str = ""
    fallback_prompt: str = ""
    run_dir: str = ""
    trunk: TrunkSettings = TrunkSettings()
    realm: str = "hotline"
    front: str = ""
    seats: tuple[SeatSettings, ...] = ()

    def __post_init__(self) -> None:
        for network in self.networks:
            ipaddress.ip_network(network)
        if self.max_calls < 1:
            raise ValueError("max_calls must be at least 1")
        if self.spare < 0:
            raise ValueError("spare must not be negative")
        if self.rtp_ports < 8:
            raise ValueError("rtp_ports must be at least 8: two for each of four legs")
        if self.host == "0.0.0.0" and not self.public_host:
            raise ValueError("host 0.0.0.0 needs public_host, the address that others dial")
        if not _REALM.fullmatch(self.realm):
            raise ValueError("realm: letters, digits, dots and hyphens only")
        if self.front and not _SERVER.fullmatch(self.front):
            raise ValueError("front is sip:host or sip:host:port")
        if self.front and (self.single or self.trunk.registrar):
            raise ValueError("a node with a front has neither single nor a trunk of its own")
        names = [seat.name for seat in self.seats]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"seats: {min(twice)} is there twice")
        if self.single and not _is_loopback(self.host):
            raise ValueError(
                f"single is for development on 127.0.0.1, not on {self.host}: without Kamailio "
                "nothing keeps strangers out"
            )

    @property
    def advertised(self) -> str:
        """The address that others reach the hotline at."""
        return self.public_host or self.host

    @property
    def uri(self) -> str:
        """The SIP address to dial."""
        return f"sip:{self.number}@{self.advertised}:{self.port}"

    def seat_uri(self, name: str) -> str:
        """The SIP address that a worker dials for the seat ``name``.

        "" where there is no such seat, or (``single``) nobody for its phone to register with.
        Kamailio refuses with 480 where a seat's phone is not registered.
        """
        seat = next((seat for seat in self.seats if seat.name == name), None)
        if seat is None:
            return ""
        if seat.uri:
            return seat.uri
        return "" if self.single else f"sip:{name}@{self.realm}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
