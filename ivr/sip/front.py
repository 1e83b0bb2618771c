"""Kamailio in front of several nodes: what ``hotline front`` runs."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ivr.sip.kamailio_config import allowed, filled, private, registrar
from ivr.sip.settings import SipSettings

_NODE = re.compile(r"sip:[A-Za-z0-9.-]+(:\d+)?")


class FrontSettings(msgspec.Struct, frozen=True):
    """The nodes behind a front, and where it is for them.

    Where it is for everybody else, who may call, and the seats that register are those of
    ``[sip]``. ``nodes``: their SIP addresses (``sip:10.0.0.11:5060``), which they also call
    from. ``host``, ``port``: where the nodes reach it, by UDP; their ``sip.front``.
    """

    nodes: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 5061

    def __post_init__(self) -> None:
        for node in self.nodes:
            if not _NODE.fullmatch(node):
                raise ValueError(f"nodes: {node!r} is not sip:host or sip:host:port")
        if self.host == "0.0.0.0":
            raise ValueError("host: the address itself at which the nodes reach the front")


def configuration(sip: SipSettings, front: FrontSettings, dispatcher: Path) -> str:
    """The text of the front's kamailio.cfg."""
    advertise = f" advertise {sip.public_host}:{sip.port}" if sip.public_host else ""
    registers = any(seat.ha1 for seat in sip.seats)
    to_seat = f'    if ($rd == "{sip.realm}") {{ route(TO_SEAT); exit; }}'
    values = {
        "HOST": sip.host,
        "PORT": str(sip.port),
        "ADVERTISE": advertise,
        "INNER_HOST": front.host,
        "INNER_PORT": str(front.port),
        "DISPATCHER": str(dispatcher),
        "ALLOWED": allowed(sip.networks),
        "RETRY_AFTER": str(sip.retry_after_s),
        "USRLOC": 'loadmodule "usrloc.so"' if registers else "",
        "REGISTRAR": registrar(sip) if registers else "",
        "ON_REGISTER": '    if (is_method("REGISTER")) { route(REGISTER); exit; }'
        if registers
        else "",
        "TO_SEAT": to_seat if registers else "",
    }
    return filled("front.cfg.in", values)


def prepare(sip: SipSettings, front: FrontSettings) -> Path:
    """Write the configuration into the run directory; the path of kamailio.cfg. Raises OSError."""
    run_dir = Path(sip.run_dir).resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    dispatcher, config = run_dir / "front-nodes.list", run_dir / "front.cfg"
    dispatcher.write_text("".join(f"1 {node}\n" for node in front.nodes), encoding="utf-8")
    private(config, configuration(sip, front, dispatcher))
    return config
