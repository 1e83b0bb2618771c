"""A case on its whole way over HTTP: drawn, told to the platform, reported by it, and closed."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from adapters.leader_platform import HttpLeaderPlatform
from adapters.report_worker import ReportWorker
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Notify, Simulator
from adapters.sql import SqlStore
from adapters.webhook import webhook
from ivr.call.services import local_now
from ivr.leader.outcomes import Form, Giver
from ivr.leader.rules import load
from ivr.leader.service import LeaderCallbacks
from tests.adapters.leader_samples import DAY, session
from tests.until import until

QUICK = DeliverySettings(retry=RetryStrategy(base_s=0.01, factor=1.0, max_s=0.01), poll_s=0.05)
LEADER = Giver("zhou", "周局长", "leader")


async def test_a_case_comes_full_circle_with_the_platform(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/h.db")
    await store.start()
    app = web.Application()
    app.add_subapp("/v1", webhook(store, {DEMO_KEY_ID: DEMO_SECRET}))
    hotline = web.AppRunner(app, access_log=None)
    await hotline.setup()
    await web.TCPSite(hotline, "127.0.0.1", 0).start()
    async with Simulator() as simulator:
        simulator.notify(Notify(f"http://127.0.0.1:{hotline.addresses[0][1]}"))
        simulator.leader.fill(200)
        platform = HttpLeaderPlatform(simulator.settings)
        worker = ReportWorker(store, platform, QUICK)
        service = LeaderCallbacks(store, platform, load(), now=local_now, reports=worker)
        worker.start()
        made = await service.plan(session(starts=local_now() + DAY, planned=3), by="sun")
        items = await service.draw(made, by="sun")
        assert {item.rule for item in items} == {"unsolved"}
        made = await service.confirm(await service.session(made.session_id))
        await service.start(made)
        # Not a ticket of this hotline's own, and not reopened: the platform is told so.
        ticket_no = items[0].ticket_no
        assert not await simulator.leader.done(ticket_no, "早了")
        simulator.behave(Behaviour(fail=1, lose=1))
        await service.give(
            items[0].item_id, Form("未解决诉求合理重办", "灯没修"), LEADER, revision=0
        )
        await until(lambda: bool(simulator.leader.reopenings) and bool(simulator.leader.outcomes))
        assert [one.state for one in simulator.leader.reopenings] == ["重办中"]
        # The unit reports by way of the platform; told twice, it is one second call.
        assert await simulator.leader.done(ticket_no, "灯已换")
        assert await simulator.leader.done(ticket_no, "灯已换")
        (waiting,) = await store.waiting_confirmations("zhou")
        second = await service.plan(session(starts=local_now() + 2 * DAY, planned=3), by="sun")
        (first, *_) = await service.draw(second, by="sun")
        assert first.item_id == waiting.item_id
        second = await service.confirm(await service.session(second.session_id))
        await service.start(second)
        await service.give(first.item_id, Form("已解决且认可", "灯亮了"), LEADER, revision=0)
        await until(lambda: [one.state for one in simulator.leader.reopenings] == ["已解决"])
        await until(lambda: len(simulator.leader.outcomes) == 2)
        assert {one.purpose for one in simulator.leader.outcomes} == {"review", "confirm"}
        (case,) = simulator.leader.reopenings
        assert (case.satisfied, case.signed_by, case.owner) == (True, "zhou", "周局长")

        async def all_told() -> bool:
            return not await store.reports.backlog()

        await until(all_told)
        await worker.stop()
        await platform.close()
    await hotline.cleanup()
    await store.close()
