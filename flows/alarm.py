"""Who is told of an emergency, and who next when nobody signs for it."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

import msgspec

from flows.ticket import Place


class AlarmStep(msgspec.Struct, frozen=True):
    """Tell ``addressees`` when nobody has signed ``after_s`` seconds after the filing."""

    after_s: float
    addressees: tuple[str, ...]


class Alarm(msgspec.Struct, frozen=True):
    """One kind of emergency's way through the city.

    ``first`` are told at once and in parallel. ``steps`` follow, earliest first, until one of
    all those told signs; after the last step its addressees are told again every ``repeat_s``.
    ``sign_s`` is how long signing may take by the rules. ``units`` makes a role into a unit's
    name, from the parts of a place ("{town}"); roles not named there are units themselves.
    """

    kind: str
    level: str
    first: tuple[str, ...]
    steps: tuple[AlarmStep, ...] = ()
    repeat_s: float = 300.0
    sign_s: float = 600.0
    units: Mapping[str, str] = {}

    def unit(self, addressee: str, place: Place) -> str:
        """The unit that is meant by ``addressee`` for what happened at ``place``.

        The addressee itself where the place is not known so far.
        """
        template = self.units.get(addressee, "")
        known = msgspec.structs.asdict(place)
        if not template or not all(known[name] for name in places_in(template)):
            return addressee
        return template.format(**known)


def places_in(template: str) -> tuple[str, ...]:
    """The parts of a place that ``template`` needs. Raises ``ValueError`` for a bad one."""
    names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    for name in names:
        if name not in Place.__struct_fields__:
            raise ValueError(f"a place has no {name}")
    return tuple(names)
