"""A stand-in for the node: takes the calls of a line and lets a test steer them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from ivr.sip import messages as m
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.pool import WorkerCall
from ivr.sip.settings import SipSettings
from ivr.sip.tones import frequency_power
from tests.ports import line_ports

# Far more than anything here takes: a machine under load must not fail a test.
WAIT_S = 30.0

M = TypeVar("M", bound=m.Message)


class Held:
    """One call as the node sees it: every message kept, sound gathered by leg."""

    def __init__(self, call: WorkerCall) -> None:
        self.call = call
        self.incoming = call.incoming
        self.messages: list[m.FromWorker] = []
        self.sound: dict[int, bytearray] = defaultdict(bytearray)
        self.at_ms: dict[int, list[int]] = defaultdict(list)
        self._news = asyncio.Condition()

    def send(self, message: m.ToWorker) -> None:
        self.call.send(message)

    async def listen(self) -> None:
        async for message in self.call:
            async with self._news:
                if isinstance(message, m.Audio):
                    self.sound[message.leg] += message.pcm
                    self.at_ms[message.leg].append(message.at_ms)
                else:
                    self.messages.append(message)
                self._news.notify_all()

    async def until(self, true: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(true), timeout_s)
            except TimeoutError:
                raise AssertionError(f"did not happen; messages so far: {self.messages}") from None

    def all(self, kind: type[M]) -> list[M]:
        return [message for message in self.messages if isinstance(message, kind)]

    def states(self, leg: int = 0) -> list[str]:
        return [change.state for change in self.all(m.LegChanged) if change.leg == leg]

    async def reaches(self, state: str, leg: int = 0, timeout_s: float = WAIT_S) -> m.LegChanged:
        await self.until(lambda: state in self.states(leg), timeout_s)
        return next(c for c in self.all(m.LegChanged) if c.leg == leg and c.state == state)

    async def keys(self, count: int, leg: int = 0) -> str:
        """The keys pressed, once there are ``count``."""

        def pressed() -> str:
            return "".join(key.key for key in self.all(m.Key) if key.leg == leg)

        await self.until(lambda: len(pressed()) >= count)
        return pressed()

    async def played(self, number: int) -> m.Played:
        await self.until(lambda: any(p.id == number for p in self.all(m.Played)))
        return next(played for played in self.all(m.Played) if played.id == number)

    async def hears_tone(self, frequency: float, leg: int = 0) -> None:
        """Until the last 200 ms heard from ``leg`` are this tone."""

        def there() -> bool:
            return frequency_power(bytes(self.sound[leg][-3200:]), frequency) > 0.6

        await self.until(there)


class Board:
    """Gives every call of a line to the test, answered unless told otherwise."""

    def __init__(self) -> None:
        self.answer = True
        self.calls: list[Held] = []
        self._arrived: asyncio.Queue[Held] = asyncio.Queue()

    async def take(self, call: WorkerCall) -> None:
        held = Held(call)
        self.calls.append(held)
        self._arrived.put_nowait(held)
        if self.answer:
            held.send(m.Answer())
        await held.listen()

    async def next(self, timeout_s: float = WAIT_S) -> Held:
        return await asyncio.wait_for(self._arrived.get(), timeout_s)


async def dialled(phone: RobotPhone, board: Board, uri: str) -> tuple[PhoneCall, Held]:
    """A call and what the board holds of it, dialled again while every worker is said to be busy.

    For a call right after another: the worker is free at once, but Kamailio may hear of the call
    before it hears of that.
    """
    before = len(board.calls)
    async with asyncio.timeout(WAIT_S):
        while True:
            call = await phone.dial(uri)
            while len(board.calls) == before and not call.ended:
                await asyncio.sleep(0.02)
            if len(board.calls) > before:
                return call, await board.next()
            assert call.code == 503


def settings(run_dir: Path, **changes: object) -> SipSettings:
    """Settings with ports that no other run of the tests uses at the same time."""
    chosen = SipSettings(**({"max_calls": 4, "spare": 1} | changes))  # type: ignore[arg-type]
    own = line_ports(chosen.max_calls + chosen.spare)
    return msgspec.structs.replace(chosen, run_dir=str(run_dir), **own)


async def eventually(true: Callable[[], bool], timeout_s: float = WAIT_S) -> None:
    """Wait until it is so. For what happens in other processes and tells nobody."""
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.02)


def parent_of(pid: int) -> int:
    """The parent of a process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
