"""Who may be rung from a call: seats, the transfer list, the hotlines, what is configured.

Nothing else is ever dialled. Numbers that have been merged into the hotline (整体并入) are not
offered: they would ring here again. A service that has its own number in every city ("供水抢修")
is a target by its name once ``call.targets`` says where it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import msgspec

from flows.knowledge import Hotline, TransferNumber

SEAT = "seat:"
MERGED = "整体并入"
# How the transfer list writes that a number is the city's own affair.
LOCAL = "（本地）"

Kind = Literal["seat", "number"]


class Target(msgspec.Struct, frozen=True):
    """Somebody who may be rung. ``name`` is for people, ``uri`` for the telephone."""

    target: str
    uri: str
    kind: Kind
    name: str = ""
    use: str = ""


class Targets:
    """Looks targets up.

    ``seat_uri`` gives a seat's address or ""; ``addresses`` are those configured for single
    targets and win over ``gateway``, a SIP address with ``{number}`` in it ("": none).
    """

    def __init__(
        self,
        addresses: Mapping[str, str] = {},
        gateway: str = "",
        seat_uri: Callable[[str], str] = lambda seat: "",
        transfers: Iterable[TransferNumber] = (),
        hotlines: Iterable[Hotline] = (),
    ) -> None:
        self._seat_uri = seat_uri
        self._numbers: dict[str, Target] = {}
        for listed in transfers:
            key = listed.name if listed.number == LOCAL else listed.number
            reached = gateway if key == listed.number else ""
            self._add(key, addresses.get(key) or reached, listed.name, listed.use)
        for hotline in hotlines:
            if hotline.mode != MERGED:
                uri = addresses.get(hotline.number) or gateway
                self._add(hotline.number, uri, hotline.name, hotline.mode)
        for key, uri in addresses.items():
            self._add(key, uri, "", "")

    def find(self, target: str) -> Target | None:
        """The target of this name, None if it may not or cannot be dialled."""
        if not target.startswith(SEAT):
            return self._numbers.get(target)
        uri = self._seat_uri(target.removeprefix(SEAT))
        return Target(target, uri, "seat") if uri else None

    @property
    def numbers(self) -> tuple[Target, ...]:
        """Everything but seats that can be dialled, in the order of the lists."""
        return tuple(self._numbers.values())

    def _add(self, key: str, uri: str, name: str, use: str) -> None:
        if uri and key not in self._numbers:
            self._numbers[key] = Target(key, uri.format(number=key), "number", name, use)
