"""Settings of the SIP side."""

from __future__ import annotations

import ipaddress

import msgspec


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


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
