"""No secret of the configuration reaches the page, not even one that nobody has thought of yet."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from ivr.config import Config
from ivr.console.duty.configuration import MASK, SHOWN, bare, entries
from ivr.sip.settings import SeatSettings, SipSettings, TrunkSettings

SECRET = "s3cr3t-of-nobody"


def places(kind: Any, place: str = "") -> dict[str, Any]:
    """Every place of the configuration with its type."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        here = f"{place}.{field.name}" if place else field.name
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found |= places(field.type, here)
        else:
            found[here] = field.type
    return found


def test_only_what_is_on_the_list_is_shown_of_texts() -> None:
    """Each text of the configuration set to a secret: only the listed places show it."""
    for place, kind in places(Config).items():
        if kind is not str:
            continue
        holder: Any = Config()
        *way, name = place.split(".")
        for step in way:
            holder = getattr(holder, step)
        # Checks of the values themselves are not what is tried here.
        changed = dict(msgspec.structs.asdict(holder), **{name: SECRET})
        raw = msgspec.defstruct(type(holder).__name__, [(k, Any, None) for k in changed])(**changed)
        for depth in reversed(range(len(way))):
            outer: Any = Config()
            for part in way[:depth]:
                outer = getattr(outer, part)
            values = dict(msgspec.structs.asdict(outer), **{way[depth]: raw})
            raw = msgspec.defstruct("Outer", [(k, Any, None) for k in values])(**values)
        shown = {entry.place: entry for entry in entries(raw)}
        if place in SHOWN:
            assert shown[place].value == SECRET and not shown[place].masked, place
        else:
            assert shown[place].value == MASK and shown[place].masked, place


def test_nothing_that_is_called_a_secret_is_on_the_list() -> None:
    word = re.compile(r"secret|password|ha1|token|private|hash|salt|credential")
    assert not [place for place in SHOWN if word.search(place)]
    # What is on the list exists: a name that has gone could come back as something else.
    known = {place.split(".*")[0] for place in SHOWN}
    assert known <= places(Config).keys()


def test_a_kind_of_text_added_tomorrow_is_masked() -> None:
    class Tomorrow(msgspec.Struct, frozen=True):
        port: int = 1
        api_key: str = ""
        more: dict[str, str] = {}
        several: tuple[str, ...] = ()
        raw: bytes = b""

    class Whole(msgspec.Struct, frozen=True):
        sip: Tomorrow = Tomorrow()

    tomorrow = Tomorrow(2, SECRET, {"x": SECRET}, (SECRET, SECRET), SECRET.encode())
    shown = entries(Whole(tomorrow))
    assert SECRET not in str(shown)
    assert [(entry.place, entry.masked) for entry in shown] == [
        ("sip.port", False), ("sip.api_key", True), ("sip.more.x", True),
        ("sip.several.0", True), ("sip.several.1", True), ("sip.raw", True),
    ]  # fmt: skip


def test_what_may_be_read() -> None:
    seats = (SeatSettings("801", ha1="0" * 32), SeatSettings("802", uri="sip:802@10.0.0.9"))
    trunk = TrunkSettings("sip:trunk.example.cn", "u", SECRET)
    config = Config(sip=SipSettings(port=5099, seats=seats, trunk=trunk))
    shown = {entry.place: entry for entry in entries(config)}
    assert shown["sip.port"].value == "5099" and shown["sip.port"].changed
    assert not shown["sip.internal_port"].changed
    assert shown["sip.seats.1.uri"].value == "sip:802@10.0.0.9"
    assert shown["sip.seats.0.ha1"].masked and shown["sip.trunk.password"].masked
    # That no secret is set at all is worth knowing.
    assert shown["platform.secret"].value == "" and not shown["platform.secret"].masked
    assert "0" * 32 not in str(config) and SECRET not in str(config)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://u:p@db/h", "postgresql://db/h"),
        ("redis://:p@host:6379/0", "redis://host:6379/0"),
        ("unix:///run/redis.sock?password=p", "unix:///run/redis.sock"),
        ("http://10.0.0.1:8012/a?key=p#p", "http://10.0.0.1:8012/a"),
        ("http://[bad", MASK),
    ],
)
def test_addresses_lose_what_is_secret_in_them(address: str, shown: str) -> None:
    assert bare(address) == shown
