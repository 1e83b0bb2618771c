"""The configuration for people to look at, without anything that is nobody's business.

Numbers, switches, directories and choices of words are shown. A text is shown only where its place
is on the list below; any other is masked, so a secret that is added to the configuration later is
masked without anybody thinking of it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

MASK = "••••••"

# Places of texts that may be read; "*" stands for any entry of a list or a table.
SHOWN = frozenset(
    [
        "node",
        "flows_dir",
        "log_level",
        "sip.host",
        "sip.public_host",
        "sip.number",
        "sip.networks.*",
        "sip.rtp_host",
        "sip.rtp_public_host",
        "sip.kamailio",
        "sip.fallback_uri",
        "sip.fallback_prompt",
        "sip.run_dir",
        "sip.trunk.registrar",
        "sip.trunk.user",
        "sip.trunk.realm",
        "sip.realm",
        "sip.front",
        "sip.seats.*.name",
        "sip.seats.*.uri",
        "front.nodes.*",
        "front.host",
        "call.operator",
        "call.targets.*",
        "call.gateway",
        "call.link_text",
        "call.codes.text",
        "dialogue.rate.*",
        "missed.kinds.*",
        "desk.pauses.*",
        "asr.engine",
        "queue.straight.*.called",
        "queue.straight.*.hours.*",
        "queue.skills.*.*",
        "asr.model",
        "speech.voice",
        "store.url",
        "store.ticket_prefix",
        "platform.url",
        "platform.key_id",
        "notices.url",
        "notices.key_id",
        "sms.url",
        "sms.key_id",
        "webhook.key_id",
        "dialling.missed.hours.*",
        "dialling.follow_up.hours.*",
        "dialling.queue.hours.*",
        "dialling.leader.hours.*",
        "http.host",
        "recordings.nodes",
        "state.url",
        "state.prefix",
        "console.host",
        "second_pass.model",
        "leader.rules_dir",
        "leader.seats.*",
        "leader.cleared.*",
        "leader.calendar_domain",
    ]
)


class Entry(msgspec.Struct, frozen=True):
    """One value: its place ("sip.port"), how it reads, and whether it is not the default."""

    place: str
    value: str
    changed: bool = False
    masked: bool = False


def entries(config: msgspec.Struct) -> tuple[Entry, ...]:
    """All values in the order of the configuration."""
    plain = type(config)()
    return tuple(_walk(config, plain, "", ""))


def _walk(value: Any, plain: Any, place: str, kind: str) -> Iterator[Entry]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            default = getattr(plain, name, None)
            here, same = (f"{at}.{name}" if at else name for at in (place, kind))
            yield from _walk(getattr(value, name), default, here, same)
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            default = plain.get(key) if isinstance(plain, Mapping) else None
            yield from _walk(one, default, f"{place}.{key}", f"{kind}.*")
    elif isinstance(value, tuple | list):
        for number, one in enumerate(value):
            yield from _walk(one, _at(plain, number), f"{place}.{number}", f"{kind}.*")
    else:
        text, masked = _read(value, kind)
        yield Entry(place, text, value != plain, masked)
        return
    if not value:
        yield Entry(place, "", bool(plain))


def _at(values: Any, number: int) -> Any:
    return values[number] if isinstance(values, tuple | list) and number < len(values) else None


def _read(value: Any, kind: str) -> tuple[str, bool]:
    """How a value reads, and whether it is masked."""
    if value is None or value == "":
        # Whether a secret is set at all may be known.
        return "", False
    if isinstance(value, bool | int | float | Path | enum.Enum):
        return str(value), False
    if isinstance(value, str) and kind in SHOWN:
        return bare(value) if "://" in value else value, False
    return MASK, True


def bare(address: str) -> str:
    """An address without the user and password in it, nor what follows a question mark."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return MASK
    return f"{parts.scheme}://{host}{parts.path}"
