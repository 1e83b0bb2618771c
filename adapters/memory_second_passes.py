"""The in-memory twin of second passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from adapters.model import CallRecord, Line
from adapters.ports import NotStored
from adapters.second_pass import MOST_ATTEMPTS, SecondPass


class MemorySecondPasses(ABC):
    """A :class:`adapters.second_pass.SecondPassStore`; calls and tickets are the whole store's."""

    def __init__(self) -> None:
        self._passes: dict[str, SecondPass] = {}

    async def next_second_pass(self, node: str, *, since: datetime, most: int) -> CallRecord | None:
        """The oldest of the newest calls that wait; counts an attempt."""
        waiting = [
            (call.ended, call.call_id, call)
            for call in self._all_calls()
            if call.node == node
            and call.ended is not None
            and call.ended >= since
            and call.recording
            and self._waits(call.call_id)
        ]
        if not waiting:
            return None
        call = sorted(waiting, key=lambda one: one[:2])[-most:][0][2]
        attempts = self._passes.get(call.call_id, SecondPass()).attempts
        self._passes[call.call_id] = SecondPass("trying", attempts + 1)
        return call

    async def keep_second_pass(
        self, call_id: str, lines: Sequence[Line], *, better: bool, reason: str, at: datetime
    ) -> Sequence[str]:
        """Keep a second transcript, and give it to the call's tickets if it is better."""
        known = self._passes.get(call_id)
        if known is not None and known.state == "kept":
            return ()
        if not any(call.call_id == call_id for call in self._all_calls()):
            raise NotStored(f"no call {call_id}")
        attempts = known.attempts if known is not None else 1
        self._passes[call_id] = SecondPass("kept", attempts, better, reason, tuple(lines))
        return self._retell(call_id, tuple(lines), at) if better else ()

    async def fail_second_pass(self, call_id: str, reason: str, *, final: bool) -> None:
        """Note why a recording could not be transcribed."""
        known = self._passes.get(call_id)
        if known is not None and known.state == "trying":
            self._passes[call_id] = msgspec.structs.replace(
                known, reason=reason, state="failed" if final else "trying"
            )

    async def second_pass(self, call_id: str) -> SecondPass | None:
        """What came of a call's second pass so far."""
        return self._passes.get(call_id)

    def _waits(self, call_id: str) -> bool:
        known = self._passes.get(call_id)
        return known is None or (known.state == "trying" and known.attempts < MOST_ATTEMPTS)

    def _better_talk(self, call_id: str) -> tuple[Line, ...] | None:
        known = self._passes.get(call_id)
        return known.lines if known is not None and known.better else None

    @abstractmethod
    def _all_calls(self) -> Iterable[CallRecord]:
        """Every call."""

    @abstractmethod
    def _retell(self, call_id: str, lines: tuple[Line, ...], at: datetime) -> Sequence[str]:
        """Give a call's tickets another transcript."""
