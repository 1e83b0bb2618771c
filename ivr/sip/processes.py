"""What the processes that run PJSUA2 are told when they start.

Apart from PJSUA2 itself, so that the node can prepare them without loading it.
"""

from __future__ import annotations

from typing import Literal

import msgspec

# Compiled into the wheel: a fifth leg would be refused.
MAX_LEGS = 4
# A worker that could not open its SIP port.
EXIT_PORT_IN_USE = 98


TrunkState = Literal["off", "trying", "registered", "refused", "unreachable"]


class StackSettings(msgspec.Struct, frozen=True):
    """One SIP endpoint.

    ``host``, ``port``: where it listens by UDP, and by TCP too if ``tcp``. ``proxy`` is a
    host:port that all its INVITEs go through. ``user`` is its name in From and Contact.
    Audio: bound to ``rtp_host``, told to others as ``rtp_public_host``, ports ``rtp_port`` and
    ``rtp_ports`` up. ``credentials`` are (realm, user, password) for challenged requests,
    ``domain`` what stands behind the user in From (its own address if empty).
    """

    user: str
    host: str
    port: int
    tcp: bool = False
    proxy: str = ""
    rtp_host: str = "127.0.0.1"
    rtp_public_host: str = ""
    rtp_port: int = 20000
    rtp_ports: int = 16
    codecs: tuple[str, ...] = ("PCMA", "PCMU", "G722")
    credentials: tuple[str, str, str] | None = None
    domain: str = ""
    log_level: int = 0


class Registration(msgspec.Struct, frozen=True):
    """Where and as whom to register; ``contact`` is the address that calls shall come to."""

    registrar: str
    user: str
    contact: str
    expires: int


class TrunkOrder(msgspec.Struct, frozen=True):
    """What the trunk's process is told when it is started."""

    stack: StackSettings
    registration: Registration


class TrunkStatus(msgspec.Struct, frozen=True):
    """Where the registration stands; ``code`` and ``reason`` are the registrar's last words."""

    state: TrunkState
    code: int = 0
    reason: str = ""


class WorkerConfig(msgspec.Struct, frozen=True):
    """What a worker is told when it is started. ``socket`` is the node's Unix socket;
    ``proxied`` says that calls come through Kamailio."""

    slot: int
    socket: str
    stack: StackSettings
    proxied: bool
    media_timeout_s: float


def host_of(uri: str) -> str:
    """The host and port in ``sip:host:port;parameters``."""
    return uri.removeprefix("sip:").split(";")[0].rpartition("@")[2]
