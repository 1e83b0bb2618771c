"""What can be configured of leader callbacks."""

from __future__ import annotations

import msgspec


class LeaderSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Leader callbacks.

    ``rules_dir`` holds a city's own ``rules.yaml`` or ``workdays.yaml``, "" takes the shipped ones.
    ``seats`` are the seats that sessions may be held at. ``cleared`` are the users to whom
    confidential tickets are open. An approved export may be fetched once within ``export_hours``.
    ``calendar_domain`` ends the names that sessions have in calendars. ``candidates_days`` after
    a session nothing is kept of candidates that were not drawn but what proves the draw.
    """

    rules_dir: str = ""
    seats: tuple[str, ...] = ("801",)
    cleared: tuple[str, ...] = ()
    export_hours: float = 24.0
    calendar_domain: str = "hotline"
    candidates_days: int = 180

    def __post_init__(self) -> None:
        if self.export_hours <= 0:
            raise ValueError("export_hours must be above 0")
        if self.candidates_days < 1:
            raise ValueError("candidates_days must be at least 1")
