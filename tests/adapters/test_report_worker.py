"""Reports reach the platform, each once, whatever goes wrong on the way."""

from __future__ import annotations

from pathlib import Path

from adapters.leader_platform import HttpLeaderPlatform, MemoryLeaderPlatform
from adapters.leader_store import Recorded
from adapters.leader_wire import outcome_report
from adapters.memory import MemoryStore
from adapters.ports import PlatformRejected, PlatformUnavailable
from adapters.report_worker import ReportWorker
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings
from adapters.simulator import Behaviour, Simulator
from adapters.sql import SqlStore
from tests.adapters.leader_samples import draw, item, outcome, session
from tests.adapters.samples import NOON
from tests.until import until

QUICK = DeliverySettings(retry=RetryStrategy(base_s=0.01, factor=1.0, max_s=0.01), poll_s=0.05)


async def given(store: SqlStore | MemoryStore, count: int = 1) -> None:
    """Outcomes that the platform is to be told of."""
    made = await store.put_leader_session(session())
    items = await store.keep_draw(draw(made.session_id), [item(n) for n in range(count)])
    for listed in items:
        one = outcome(listed, kind="拒访", at=NOON)
        report = outcome_report(one, listed, made, given_by="周", notes_confirmed=False)
        await store.record_outcome(Recorded(one, listed, (), (report,)), at=NOON)


async def delivered(store: SqlStore | MemoryStore) -> bool:
    """Whether nothing waits any more."""
    return not await store.reports.backlog()


async def test_every_report_arrives_although_answers_are_lost(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/h.db")
    await store.start()
    await given(store, 6)
    async with Simulator() as simulator:
        simulator.behave(Behaviour(drop=2, fail=2, lose=2))
        platform = HttpLeaderPlatform(simulator.settings)
        worker = ReportWorker(store, platform, QUICK)
        worker.start()
        await until(lambda: len(simulator.leader.outcomes) == 6)
        await until(lambda: delivered(store))
        await worker.stop()
        await platform.close()
        assert len({one.ticket_no for one in simulator.leader.outcomes}) == 6
    await store.close()


async def test_what_is_refused_waits_for_a_person() -> None:
    store, platform = MemoryStore(), MemoryLeaderPlatform()
    await given(store)
    platform.fail_with = [PlatformUnavailable("503"), RuntimeError("bug"), PlatformRejected("422")]
    worker = ReportWorker(store, platform, QUICK)
    worker.start()

    async def refused() -> bool:
        return bool(await store.reports.parked())

    await until(refused)
    parked = await store.reports.parked()
    assert (parked[0].error, parked[0].attempts) == ("422", 3)
    assert not platform.reports
    await store.reports.unpark(parked[0].id, NOON)
    worker.wake()
    await until(lambda: bool(platform.reports))
    await until(lambda: delivered(store))
    await worker.stop()


async def test_a_worker_that_ends_gives_back_what_it_holds() -> None:
    store = MemoryStore()
    await given(store)
    worker = ReportWorker(store, MemoryLeaderPlatform(), QUICK, owner="a")
    worker.start()
    await worker.stop()
    assert await store.reports.backlog() in (0, 1)
    other = MemoryLeaderPlatform()
    second = ReportWorker(store, other, QUICK, owner="b")
    second.start()
    await until(lambda: delivered(store))
    await second.stop()
