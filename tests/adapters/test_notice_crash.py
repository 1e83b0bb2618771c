"""Killed between every two steps of telling the units: no notice is ever lost."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.http_notices import HttpNotices
from adapters.notice_worker import NoticeWorker
from adapters.simulator import Simulator
from adapters.sql import SqlStore
from tests.adapters.notice_crash_child import NEXT, STEPS, UNITS, alarms, now, settings
from tests.adapters.samples import LINES
from tests.adapters.test_notice_store import gas
from tests.until import until

ROOT = Path(__file__).parents[2]


class Children:
    """The processes that are to die, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.notice_crash_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, step: str, url: str, platform: str) -> int:
        """Run one; its exit status."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([step, url, platform]) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """End the process that starts them."""
        self._process.communicate(timeout=100)


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    """One starter of processes for all of these tests."""
    made = Children()
    yield made
    made.stop()


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at(step: str, tmp_path: Path, children: Children) -> None:
    url = f"sqlite:///{tmp_path}/hotline.db"
    async with Simulator() as platform:
        status = await asyncio.to_thread(children.run, step, url, platform.url)
        assert status == -signal.SIGKILL, f"{step} was not reached"
        store = SqlStore(url, alarms=alarms)
        await store.start()
        # What a call had not stored when it died is filed anew; the same is found again.
        await store.file_ticket("call-1", gas(), LINES, at=now())
        adapter = HttpNotices(settings(platform.url))
        worker = NoticeWorker(store, adapter, settings(platform.url))
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
