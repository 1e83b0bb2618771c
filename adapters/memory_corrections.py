"""The in-memory twin of corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.corrections import Correction


class MemoryCorrections:
    """A :class:`adapters.corrections.Corrections` that forgets with its process."""

    def __init__(self) -> None:
        self._corrections: dict[str, Correction] = {}

    async def keep_corrections(self, found: Sequence[Correction]) -> None:
        """Keep these; one with a known key takes that one's place."""
        for one in found:
            self._corrections[one.key] = replace(one, at=one.at.astimezone())

    async def drop_corrections(self, keys: Sequence[str]) -> None:
        """Forget these."""
        for key in keys:
            self._corrections.pop(key, None)

    async def corrections(self, since: datetime | None = None) -> Sequence[Correction]:
        """Those kept from ``since`` on, the oldest first."""
        found = [one for one in self._corrections.values() if since is None or one.at >= since]
        return tuple(sorted(found, key=lambda one: (one.at, one.key)))

    async def forget_corrections(self, before: datetime) -> int:
        """Drop those kept longer than they may be; how many."""
        old = [key for key, one in self._corrections.items() if one.at < before]
        for key in old:
            del self._corrections[key]
        return len(old)
