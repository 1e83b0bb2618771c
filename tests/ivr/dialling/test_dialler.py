"""Placing calls: nothing rings that is not on record, and every end is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from adapters.dialling import Attempt, Ground, Order, Refused
from adapters.memory import MemoryStore
from adapters.ports import StoreError
from ivr.dialling.dialler import Dialled, Dialler, outcome_of
from ivr.dialling.settings import DiallingSettings, PurposeSettings
from ivr.sip import messages as sip
from ivr.sip.worker_call import OnCall, WorkerCall
from tests.adapters.manual_clock import ManualClock
from tests.adapters.samples import CALLER, LINES, NOON, call
from tests.until import until

ALWAYS = PurposeSettings(hours=("00:00-24:00",))


class Phones:
    """What a pool of workers does: rings, and the test says what comes of it."""

    def __init__(self) -> None:
        self.rung: list[WorkerCall] = []
        self.lines = 1
        self.on_record: list[str] = []
        self.store = MemoryStore()
        self._tasks: list[asyncio.Task[None]] = []

    def originate(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
    ) -> WorkerCall | None:
        if not self.lines:
            return None
        worker = WorkerCall(
            sip.Incoming(f"out-{len(self.rung)}", number, "12345", ""), lambda message: None
        )
        self.rung.append(worker)
        self.on_record = [one.state for one in self.store._dials.values()]
        self._tasks.append(asyncio.create_task(self._hold(worker, on_call)))
        return worker

    async def _hold(self, worker: WorkerCall, on_call: OnCall) -> None:
        await on_call(worker)
        await worker.over.wait()
        worker.done.set()

    def tell(self, state: str, code: int = 0, reason: str = "") -> None:
        """Something happens to the last call."""
        self.rung[-1].put(sip.LegChanged(0, state, code, reason))  # type: ignore[arg-type]


async def talk(worker: WorkerCall, attempt: Attempt) -> bool:
    """Listens until the call is over; whoever answers is the right one."""
    async for _ in worker:
        pass
    return True


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def dialler(phones: Phones, clock: ManualClock) -> AsyncIterator[Dialler]:
    await phones.store.open_call(call())
    await phones.store.close_call(
        "call-1", ended=NOON, outcome="hung-up", recording="", lines=LINES
    )
    made = Dialler(
        phones.store,
        DiallingSettings(missed=ALWAYS),
        originate=phones.originate,
        uri="sip:{}@127.0.0.1".format,
        clock=clock,
    )
    await made.start()
    yield made
    await made.stop()


def order(serial: int = 1) -> Order:
    return Order("missed/call-1", serial, "missed", CALLER, Ground("call", "call-1"))


async def rings(phones: Phones, times: int) -> None:
    await until(lambda: len(phones.rung) == times)


async def test_it_is_on_record_before_it_rings_and_its_end_after(
    dialler: Dialler, phones: Phones
) -> None:
    calling = asyncio.create_task(dialler.call(order(), talk))
    await rings(phones, 1)
    assert phones.on_record == ["placed"]
    phones.tell("up")
    phones.tell("ended", 200, "bye")
    dialled = await calling
    assert isinstance(dialled, Dialled)
    assert (dialled.outcome, dialled.reached, dialled.call_id) == ("answered", True, "out-0")
    (known,) = await phones.store.attempts()
    assert (known.state, known.outcome, known.reached) == ("ended", "answered", True)


async def test_nobody_answers(dialler: Dialler, phones: Phones) -> None:
    calling = asyncio.create_task(dialler.call(order(), talk))
    await rings(phones, 1)
    phones.tell("ended", 486, "Busy Here")
    dialled = await calling
    assert isinstance(dialled, Dialled)
    assert (dialled.outcome, dialled.reached, dialled.why) == ("busy", False, "486 Busy Here")


async def test_no_line_is_no_try(dialler: Dialler, phones: Phones) -> None:
    phones.lines = 0
    refused = await dialler.call(order(), talk)
    assert isinstance(refused, Refused) and refused.reason == "no-line"
    phones.lines = 1
    calling = asyncio.create_task(dialler.call(order(), talk))
    await rings(phones, 1)
    # The worker was just being taken by a caller: nothing was sent either.
    phones.tell("ended", 491, "not-free")
    refused = await calling
    assert isinstance(refused, Refused) and refused.reason == "no-line"
    assert {one.state for one in await phones.store.attempts()} == {"withdrawn"}


async def test_outside_the_hours_nothing_is_recorded(phones: Phones, clock: ManualClock) -> None:
    dialler = Dialler(
        phones.store, originate=phones.originate, uri=lambda number: "sip:x", clock=clock
    )
    assert await dialler.permit(order()) == Refused(
        "outside-hours", NOON.replace(hour=14, minute=30)
    )
    assert await phones.store.attempts() == []


async def test_without_a_gateway_nothing_is_dialled(phones: Phones, clock: ManualClock) -> None:
    dialler = Dialler(phones.store, originate=phones.originate, uri=lambda number: "", clock=clock)
    assert await dialler.call(order(), talk) == Refused("no-gateway")


async def test_what_is_not_on_record_does_not_ring(
    dialler: Dialler, phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: object, **kwargs: object) -> Attempt:
        raise StoreError("disk full")

    monkeypatch.setattr(phones.store, "permit_dial", broken)
    with pytest.raises(StoreError):
        await dialler.call(order(), talk)
    assert phones.rung == []


async def test_who_stops_waiting_leaves_the_call_and_its_record_whole(
    dialler: Dialler, phones: Phones
) -> None:
    calling = asyncio.create_task(dialler.call(order(), talk))
    await rings(phones, 1)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    phones.tell("ended", 487, "Request Terminated")
    await dialler.stop()
    (known,) = await phones.store.attempts()
    assert (known.state, known.outcome) == ("ended", "no-answer")


async def test_a_long_talk_is_kept_alive(
    dialler: Dialler, phones: Phones, clock: ManualClock
) -> None:
    attempt = await dialler.permit(order())
    assert isinstance(attempt, Attempt)
    for _ in range(12):
        await until(lambda: clock.waiting)
        await clock.advance(20)
    await until(lambda: clock.waiting)
    (known,) = await phones.store.attempts()
    assert known.until > clock.now()
    await dialler.ended(attempt, "answered", reached=True)
    assert (await phones.store.attempts())[0].state == "ended"


async def test_after_a_restart_what_was_placed_may_have_rung(
    dialler: Dialler, phones: Phones, clock: ManualClock
) -> None:
    assert isinstance(await dialler.permit(order()), Attempt)
    await dialler.start()
    await clock.advance(timedelta(hours=1).total_seconds())
    for serial in (1, 2):
        refused = await dialler.call(order(serial), talk)
        assert isinstance(refused, Refused) and refused.reason == "may-have-rung"
    assert phones.rung == []


@pytest.mark.parametrize(
    ("why", "outcome"),
    [
        ("486 Busy Here", "busy"),
        ("603 Decline", "refused"),
        ("408 no-answer", "no-answer"),
        ("480 Temporarily Unavailable", "no-answer"),
        ("404 Not Found", "failed"),
        ("worker-died", "failed"),
    ],
)
def test_reasons(why: str, outcome: str) -> None:
    assert outcome_of(why) == outcome
