"""The units without a network: for tests."""

from __future__ import annotations

from adapters.notices import Notice
from adapters.ports import AdapterError


class MemoryNotices:
    """A :class:`adapters.notices.Notices` that keeps what it is sent, in memory alone.

    ``fail_with`` are the errors that the next notices meet, first to last. ``sends`` counts
    every attempt, also those that failed and those that were duplicates.
    """

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}
        self.fail_with: list[AdapterError] = []
        self.sends = 0

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What has arrived, oldest first, each once."""
        return tuple(self._notices.values())

    async def send(self, notice: Notice) -> str:
        """Keep a notice, unless it is here already."""
        self.sends += 1
        if self.fail_with:
            raise self.fail_with.pop(0)
        self._notices.setdefault(notice.key, notice)
        return f"memory-{notice.key}"

    async def close(self) -> None:
        """Nothing to release."""
