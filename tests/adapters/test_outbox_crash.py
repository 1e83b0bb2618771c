"""Killed between every two steps of filing and delivery: nothing told is ever lost.

The platform is a process of its own, and so is the hotline that dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession

from adapters.delivery import DeliveryWorker
from adapters.http_platform import HttpPlatform
from adapters.settings import DeliverySettings, PlatformSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Received
from adapters.sql import SqlStore
from tests.adapters.crash_child import BEFORE, DELIVERY_STEPS, FILING_STEPS, STATEMENTS
from tests.adapters.samples import NOON
from tests.adapters.until import until

ROOT = Path(__file__).parents[2]


class Platform:
    """The simulator's process."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.simulator", "--port", "0",
             "--path", str(directory / "platform.db")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    @property
    def settings(self) -> PlatformSettings:
        """Settings that reach it."""
        return PlatformSettings(url=self.url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET)

    async def received(self) -> list[Received]:
        """What it has."""
        async with ClientSession() as session, session.get(f"{self.url}/sim/tickets") as answer:
            return msgspec.json.decode(await answer.read(), type=list[Received])

    async def behave(self, behaviour: Behaviour) -> None:
        """Make it misbehave."""
        async with (
            ClientSession() as session,
            session.put(f"{self.url}/sim/behaviour", data=msgspec.json.encode(behaviour)) as done,
        ):
            assert done.status == 200

    async def reset(self) -> None:
        """Make it forget."""
        async with ClientSession() as session, session.post(f"{self.url}/sim/reset") as done:
            assert done.status == 200

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def shared_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """One process for all of these tests."""
    made = Platform(tmp_path_factory.mktemp("platform"))
    yield made
    made.stop()


@pytest.fixture
async def platform(shared_platform: Platform) -> Platform:
    """The process, knowing nothing yet."""
    await shared_platform.reset()
    return shared_platform


async def run(step: str, directory: Path, platform: Platform) -> tuple[int, list[str], str]:
    """Run the child; its exit status, the numbers it told, and what it printed."""
    told = directory / "told.txt"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.adapters.crash_child",
        step,
        f"sqlite:///{directory}/hotline.db",
        platform.url,
        str(told),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(25):
            out, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    assert child.returncode is not None
    return child.returncode, told.read_text().split(), out.decode()


async def recover(directory: Path, platform: Platform) -> SqlStore:
    """A fresh start of the same node: file what was taken down, deliver everything."""
    store = SqlStore(f"sqlite:///{directory}/hotline.db")
    await store.start()
    for record, left in await store.unfinished_calls("node-a"):
        found = await store.call(record.call_id)
        assert found is not None
        if left is not None:
            await store.file_ticket(record.call_id, left, found[1], at=NOON)
        await store.close_call(
            record.call_id, ended=NOON, outcome="interrupted", recording="", lines=found[1]
        )
    adapter = HttpPlatform(platform.settings)
    worker = DeliveryWorker(store, adapter, DeliverySettings(), owner="node-a")
    worker.start()

    async def empty() -> bool:
        return await store.backlog() == 0

    await until(empty)
    await worker.stop()
    await adapter.close()
    return store


def taken_down(directory: Path) -> list[str]:
    """The matters that the dead process had stored, as tickets or in progress."""
    with contextlib.closing(sqlite3.connect(directory / "hotline.db")) as db:
        rows = db.execute("SELECT draft FROM tickets UNION SELECT draft FROM progress")
        return sorted(msgspec.json.decode(draft)["content"] for (draft,) in rows)


async def check(directory: Path, platform: Platform, told: list[str]) -> None:
    """After a fresh start everything told, and every matter taken down, is there once."""
    matters = taken_down(directory)
    assert len(matters) > BEFORE
    store = await recover(directory, platform)
    received = await platform.received()
    numbers = [one.ticket.ticket_no for one in received]
    assert len(set(numbers)) == len(numbers)
    assert set(told) <= set(numbers)
    # Each call of the child has a matter of its own, so a second ticket of one would show.
    assert sorted(one.ticket.content for one in received) == matters
    for one in received:
        kept = await store.ticket(one.ticket.ticket_no)
        assert kept is not None
        assert (kept.key, kept.draft.content) == (one.ticket.key, one.ticket.content)
    assert await store.unfinished_calls("node-a") == []
    await store.close()


@pytest.mark.parametrize("step", FILING_STEPS)
async def test_killed_while_filing(step: str, tmp_path: Path, platform: Platform) -> None:
    status, told, _ = await run(step, tmp_path, platform)
    assert status == -signal.SIGKILL
    assert len(told) == BEFORE + (step == "told")
    await check(tmp_path, platform, told)


@pytest.mark.parametrize("step", DELIVERY_STEPS)
async def test_killed_while_delivering(step: str, tmp_path: Path, platform: Platform) -> None:
    status, told, _ = await run(step, tmp_path, platform)
    assert status == -signal.SIGKILL
    assert len(told) > BEFORE
    await check(tmp_path, platform, told)


@pytest.mark.parametrize("step", ["push:answered", "delivered:before", "told"])
async def test_killed_and_the_answers_lost_as_well(
    step: str, tmp_path: Path, platform: Platform
) -> None:
    status, told, _ = await run(step, tmp_path, platform)
    assert status == -signal.SIGKILL
    await platform.behave(Behaviour(lose=1))
    await check(tmp_path, platform, told)


async def test_every_statement_of_a_filing_has_its_step(tmp_path: Path, platform: Platform) -> None:
    status, _, printed = await run("list-statements", tmp_path, platform)
    assert status == 0
    assert len(printed.splitlines()) == STATEMENTS, printed
