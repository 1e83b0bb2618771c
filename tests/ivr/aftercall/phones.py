"""A node's line without telephones: the test says what comes of each ring."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

from adapters.clock import Clock
from adapters.memory import MemoryStore
from ivr.sip import messages as sip
from ivr.sip.worker_call import OnCall, WorkerCall


class Phones:
    """Rings; ``answers`` says of each call what becomes of it: "486 Busy Here", or "up"."""

    def __init__(self, store: MemoryStore, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.answers: list[str] = []
        self.rung: list[tuple[str, datetime]] = []
        self.hold: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def originate(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> WorkerCall | None:
        """As :meth:`ivr.sip.pool.WorkerPool.originate`."""
        worker = WorkerCall(
            sip.Incoming(f"out-{len(self.rung)}", number, "12345", ""), lambda message: None
        )
        self.rung.append((number, self.clock.now()))
        task = asyncio.create_task(self._ring(worker, on_call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return worker

    async def _ring(self, worker: WorkerCall, on_call: OnCall) -> None:
        answer = self.answers.pop(0) if self.answers else "408 no-answer"
        if self.hold is not None:
            await self.hold.wait()
        if answer == "up":
            worker.put(sip.LegChanged(0, "up"))
            answer = "200 bye"
        code, _, reason = answer.partition(" ")
        worker.put(sip.LegChanged(0, "ended", int(code), reason))
        await on_call(worker)
        worker.done.set()
