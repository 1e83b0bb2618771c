"""The text of kamailio.cfg, made from the templates of this package."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from ivr.sip.settings import SipSettings

# Wrong passwords for one seat from one address, and how long no more are heard after that.
_WRONG_PASSWORDS = 10
_LOCKED_S = 300


def configuration(settings: SipSettings, dispatcher: Path, rpc: Path) -> str:
    """The text of kamailio.cfg; ``rpc`` is the Unix datagram socket that it takes orders at."""
    advertise = f" advertise {settings.public_host}:{settings.port}" if settings.public_host else ""
    values = {
        "HOST": settings.host,
        "PORT": str(settings.port),
        "ADVERTISE": advertise,
        "INTERNAL": str(settings.internal_port),
        "DISPATCHER": str(dispatcher),
        "ALLOWED": allowed(settings.networks),
        "RPC": str(rpc),
        "RETRY_AFTER": str(settings.retry_after_s),
    }
    registers = not settings.front and any(seat.ha1 for seat in settings.seats)
    if settings.front:
        outward = f'    $du = "{settings.front}";'
    elif registers:
        outward = f'    if ($rd == "{settings.realm}") {{ route(TO_SEAT); exit; }}'
    else:
        outward = ""
    values |= {
        "ON_REGISTER": '    if (is_method("REGISTER")) { route(REGISTER); exit; }'
        if registers
        else "",
        "OUTWARD": outward,
        # nathelper looks for usrloc when it is loaded.
        "USRLOC": 'loadmodule "usrloc.so"' if registers else "",
        "REGISTRAR": registrar(settings) if registers else "",
    }
    return filled("kamailio.cfg.in", values)


def registrar(settings: SipSettings) -> str:
    """The part of a kamailio.cfg that registers the seats' telephones and calls them."""
    seats = [f'    $sht(seats=>{seat.name}) = "{seat.ha1}";' for seat in settings.seats if seat.ha1]
    values = {
        "SEATS": "\n".join(seats),
        "REALM": settings.realm,
        "TRIES": str(_WRONG_PASSWORDS),
        "LOCKED_S": str(_LOCKED_S),
    }
    return filled("registrar.cfg.in", values)


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template of this package with every ``@NAME@`` replaced."""
    text = resources.files("ivr.sip").joinpath(template).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def allowed(networks: Iterable[str]) -> str:
    """The condition that a message comes from one of these networks."""
    return " || ".join(_condition(network) for network in networks)


def private(path: Path, text: str) -> None:
    """Write a configuration for nobody else's eyes: it holds what lets a phone register."""
    path.touch(0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _condition(network: str) -> str:
    parsed = ipaddress.ip_network(network)
    if parsed.version == 6:
        return f"src_ip == [{parsed.network_address}]/{parsed.prefixlen}"
    return f"src_ip == {parsed.network_address}/{parsed.prefixlen}"
