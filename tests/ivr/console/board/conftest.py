from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from adapters.accounts import User
from adapters.memory_accounts import MemoryAccounts
from adapters.memory_statistics import MemoryStatistics
from adapters.state.memory import MemoryState
from adapters.state.model import LiveCall, Seat, Waiting
from adapters.statistics import CallFact, Result, SeatTurn
from ivr.call.services import local_now
from ivr.console.board.listen import ListenPages
from ivr.console.board.pages import BoardPages
from ivr.console.server import ConsoleServer
from ivr.console.settings import ConsoleSettings
from tests.ports import free_port

HOUR_S = 3600.0


@dataclass
class Floor:
    """A console with a board over a hotline that is made up."""

    url: str
    accounts: MemoryAccounts
    state: MemoryState
    counted: MemoryStatistics

    async def actions(self) -> list[tuple[str, str, str]]:
        found = reversed(await self.accounts.audited())
        return [(entry.action, entry.subject, entry.detail) for entry in found]

    async def busy(self) -> None:
        """Calls, a queue, and seats of every state."""
        now = time.time()
        for name, phase, about, seat in (
            ("c1", "machine", "路灯不亮", ""),
            ("c2", "operator", "噪音扰民", "801"),
            ("c3", "waiting", "", ""),
            ("c4", "waiting", "燃气泄漏", ""),
        ):
            number = f"1391234567{name[1]}"
            call = LiveCall(name, "a", number, "12345", now - 75, phase, about, seat)
            await self.state.put_call(call, HOUR_S)
        await self.state.put_waiting(Waiting("c3", "a", now - 20, "other", ("dialect",)), HOUR_S)
        await self.state.put_waiting(Waiting("c4", "a", now - 5, "emergency"), HOUR_S)
        for seat, status, reason in (
            ("801", "ready", ""),
            ("802", "ready", ""),
            ("803", "paused", "用餐"),
            ("804", "ready", ""),
            ("805", "ready", ""),
        ):
            name = "wang" if seat == "801" else ""
            made = Seat(seat, f"sip:{seat}@x", "a", name, (), status, reason, now - 600, now - 600)  # type: ignore[arg-type]
            await self.state.put_seat(made, HOUR_S)
        await self.state.claim("c2", "801", HOUR_S)
        await self.state.claim("c4", "804", HOUR_S)
        await self.state.claim("gone", "805", HOUR_S)

    async def history(self, days: int = 30) -> None:
        """What was counted: a few calls in every hour, more by day than at night."""
        now = local_now()
        results: tuple[Result, ...] = ("machine", "person", "abandoned", "machine", "person",
                                       "transferred", "call-back", "gave-up")  # fmt: skip
        for hours in range(24 * days):
            at = now - timedelta(hours=hours, minutes=1)
            for n in range(1 + (6 <= at.hour <= 20) * (2 + (at.hour * 7 + at.day) % 4)):
                result = results[(hours + n) % len(results)]
                asked = result in ("person", "abandoned", "call-back")
                wait = float((hours * 13 + n * 31) % 50) if asked else 0.0
                await self.counted.put_fact(
                    CallFact(
                        f"{hours}-{n}",
                        "a",
                        at,
                        answer_s=0.4,
                        asked=asked,
                        wait_s=wait,
                        reach_s=wait if result == "person" else None,
                        result=result,
                        length_s=60.0,
                    )
                )
                if result == "person":
                    seat = f"80{1 + (hours + n) % 3}"
                    await self.counted.put_turn(SeatTurn(f"{hours}-{n}", 0, seat, at, 4.0, 95.0))


@pytest.fixture
async def floor(add: Callable[..., User]) -> AsyncIterator[Floor]:
    accounts, state, counted = MemoryAccounts(), MemoryState(), MemoryStatistics()
    for user in (
        add("li", "supervisor", seat="809"),
        add("zhao", "supervisor"),
        add("wang", "operator"),
    ):
        await accounts.put_user(user)
    parts = (BoardPages(counted, state, accounts).part, ListenPages(state).part)
    settings = ConsoleSettings(port=free_port())
    async with ConsoleServer(settings, accounts, state, parts) as server:
        yield Floor(server.url, accounts, state, counted)
