"""Work that waits in a database: found in rounds, done side by side, given back at the end."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from adapters.clock import Clock
from adapters.ports import StoreError

log = logging.getLogger(__name__)


class Rounds(ABC):
    """A loop that takes due work from the database and does it in tasks of its own.

    ``name`` stands in its logs. Without news a round comes every ``poll_s`` seconds. At the end
    what is under way has ``stop_s`` seconds; then it is cut off, and what it held is given back.
    """

    def __init__(self, name: str, clock: Clock, *, poll_s: float, stop_s: float) -> None:
        self._name = name
        self._clock = clock
        self._poll_s = poll_s
        self._stop_s = stop_s
        self._news = asyncio.Event()
        self._stopping = False
        self._loop_task: asyncio.Task[None] | None = None
        self._working: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin, as a task of the running loop."""
        if self._loop_task is None:
            self._stopping = False
            self._loop_task = asyncio.create_task(self._run(), name=self._name)

    def wake(self) -> None:
        """There may be new work: look at once. From this loop's thread only."""
        self._news.set()

    async def stop(self) -> None:
        """Finish what is under way, at most ``stop_s``, and leave the rest for later."""
        if self._loop_task is None:
            return
        self._stopping = True
        self._news.set()
        await self._loop_task
        self._loop_task = None
        if self._working and self._stop_s > 0:
            await asyncio.wait(self._working, timeout=self._stop_s)
        for working in list(self._working):
            working.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        try:
            await self.give_back()
        except StoreError as error:
            # The leases run out by themselves.
            log.warning("%s: work not given back: %s", self._name, error, extra=self._extra("stop"))

    @abstractmethod
    async def release(self) -> None:
        """Before the first round: what this node held when it died is its own again."""

    @abstractmethod
    async def take(self) -> None:
        """Take what is due and :meth:`begin` it."""

    async def give_back(self) -> None:
        """At the end: whatever this node still holds may be taken by others at once."""
        await self.release()

    async def until_next(self) -> float:
        """How many seconds the next round can wait, unless there is news."""
        return self._poll_s

    def begin(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do ``work`` beside the rounds; its end is news."""
        task = asyncio.create_task(work, name=name)
        self._working.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._news.set()

    async def _run(self) -> None:
        released = False
        while not self._stopping:
            self._news.clear()
            wait_s = self._poll_s
            try:
                if not released:
                    await self.release()
                    released = True
                await self.take()
                wait_s = await self.until_next()
            except StoreError as error:
                log.error("%s: database: %s", self._name, error, extra=self._extra("store"))
            except Exception:
                log.exception("%s: round failed", self._name, extra=self._extra("bug"))
            if not self._stopping:
                await self._clock.wait(self._news, wait_s)

    def _extra(self, what: str) -> dict[str, str]:
        return {"action": f"{self._name}-{what}"}
