"""Killed between every two steps of telling the units: no notice is ever lost."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from adapters.http_notices import HttpNotices
from adapters.notice_worker import NoticeWorker
from adapters.simulator import Simulator
from adapters.sql import SqlStore
from tests.adapters.crash_child import (
    NEXT,
    NOTICE_STEPS,
    UNITS,
    Children,
    alarms,
    notice_settings,
    now,
)
from tests.adapters.samples import LINES
from tests.adapters.test_notice_store import gas
from tests.until import until


@pytest.mark.parametrize("step", NOTICE_STEPS)
async def test_killed_at(step: str, tmp_path: Path, children: Children) -> None:
    url = f"sqlite:///{tmp_path}/hotline.db"
    async with Simulator() as platform:
        told_to = tmp_path / "told"
        status = await asyncio.to_thread(children.run, "notices", step, url, platform.url, told_to)
        assert status == -signal.SIGKILL, f"{step} was not reached"
        store = SqlStore(url, alarms=alarms)
        await store.start()
        # What a call had not stored when it died is filed anew; the same is found again.
        await store.file_ticket("call-1", gas(), LINES, at=now())
        settings = notice_settings(platform.url)
        adapter = HttpNotices(settings)
        worker = NoticeWorker(store, adapter, settings)
        worker.start()
        await until(lambda: len(platform.notices) == len(UNITS) + len(NEXT))
        (ticket_no,) = await store.tickets_of("call-1")

        async def all_acknowledged() -> bool:
            record = await store.emergency(ticket_no)
            assert record is not None
            return {one.state for one in record.notices} == {"delivered"}

        await until(all_acknowledged)
        await worker.stop()
        await adapter.close()
        told = [(one.notice.unit, one.notice.reason) for one in platform.notices]
        assert sorted(told) == sorted(
            [*((unit, "first") for unit in UNITS), *((unit, "escalation") for unit in NEXT)]
        )
        assert {one.notice.ticket_no for one in platform.notices} == {ticket_no}
        await store.close()
