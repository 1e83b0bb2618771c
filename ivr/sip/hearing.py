"""Who hears whom in one call, as a table of directions between its legs."""

from __future__ import annotations

from collections.abc import Collection

CALLER = 0


class Hearing:
    """The wires between legs. Remembers with whom the caller has talked, as long as they stay."""

    def __init__(self) -> None:
        self._wires: set[tuple[int, int]] = set()
        self._partners: set[int] = set()

    def put(self, source: int, sink: int) -> None:
        """``sink`` hears ``source`` from now on."""
        self._wires.add((source, sink))
        if CALLER in (source, sink) and (sink, source) in self._wires:
            self._partners.add(sink if source == CALLER else source)

    def cut(self, source: int, sink: int) -> None:
        """No longer."""
        self._wires.discard((source, sink))

    def forget(self, leg: int) -> None:
        """The leg has ended; the others still hear each other."""
        self._wires = {wire for wire in self._wires if leg not in wire}
        self._partners.discard(leg)
        if leg == CALLER:
            self._partners.clear()

    def clear(self) -> None:
        """The call has ended."""
        self._wires.clear()
        self._partners.clear()

    def shared(self, up: Collection[int]) -> set[int]:
        """The legs that somebody hears, of those who are ``up``."""
        return {source for source, sink in self._wires if sink in up}

    def with_caller(self, up: Collection[int]) -> set[int]:
        """The legs that are ``up`` and talk with the caller, in both directions."""
        return {leg for leg in self._partners & set(up) if self._both(leg)}

    def partners(self, up: Collection[int]) -> set[int]:
        """The legs that are ``up`` and have talked with the caller at some time."""
        return self._partners & set(up)

    def _both(self, leg: int) -> bool:
        return {(leg, CALLER), (CALLER, leg)} <= self._wires
