"""Settings of calls that the hotline places."""

from __future__ import annotations

import msgspec

from adapters.dialling import Limits, Purpose
from ivr.dialling.hours import Hours

# callback_ivr.windows in the ticket agreement.
WINDOWS = ("08:30-12:00", "14:30-20:30")
# An emergency's own task counts its tries.
_URGENT = Limits(tries=1000, urgent=True)
_ALWAYS = Hours(("00:00-24:00",))


class PurposeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For one purpose: within which hours, how often in all, how long it rings each time."""

    hours: tuple[str, ...] = WINDOWS
    tries: int = 3
    ring_s: float = 30.0

    def __post_init__(self) -> None:
        Hours(self.hours)
        if self.tries < 1 or self.ring_s <= 0:
            raise ValueError("tries must be at least 1, ring_s above 0")


class DiallingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many calls, when, and to whom how often.

    ``a_minute`` and ``at_once`` hold over all nodes and purposes, emergencies excepted;
    ``number_a_day`` for one number. ``lease_s``: a node that dies leaves its calls unknown
    after so long. ``rest_h``: after a call that may have rung the next try waits so long; a
    leader's waits until a person has settled what became of the first.
    """

    a_minute: int = 6
    at_once: int = 4
    number_a_day: int = 6
    lease_s: float = 60.0
    rest_h: float = 20.0
    missed: PurposeSettings = PurposeSettings()
    follow_up: PurposeSettings = PurposeSettings()
    queue: PurposeSettings = PurposeSettings(hours=("07:00-22:00",))
    leader: PurposeSettings = PurposeSettings(hours=("08:00-21:00",), tries=2)

    def __post_init__(self) -> None:
        if min(self.a_minute, self.at_once, self.number_a_day) < 1:
            raise ValueError("a_minute, at_once and number_a_day must be at least 1")
        if self.lease_s <= 0 or self.rest_h < 0:
            raise ValueError("lease_s must be above 0, rest_h not below")

    def of(self, purpose: Purpose) -> PurposeSettings | None:
        """What is set for a purpose; None for emergencies, which have their own settings."""
        settings: dict[Purpose, PurposeSettings] = {
            "missed": self.missed,
            "follow-up": self.follow_up,
            "queue-call-back": self.queue,
            "leader": self.leader,
        }
        return settings.get(purpose)

    def limits(self, purpose: Purpose) -> Limits:
        """The limits that the store keeps."""
        settings = self.of(purpose)
        if settings is None:
            return _URGENT
        return Limits(
            tries=settings.tries,
            a_minute=self.a_minute,
            at_once=self.at_once,
            number_a_day=self.number_a_day,
            rest_s=None if purpose == "leader" else self.rest_h * 3600,
        )

    def hours(self, purpose: Purpose) -> Hours:
        """When calls of a purpose may be placed."""
        settings = self.of(purpose)
        return _ALWAYS if settings is None else Hours(settings.hours)
