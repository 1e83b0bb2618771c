"""Killed between every two steps of filing and delivery: nothing told is ever lost.

The platform is a process of its own, and so is the hotline that dies.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientSession
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.delivery import DeliveryWorker
from adapters.http_platform import HttpPlatform
from adapters.settings import DeliverySettings, PlatformSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Received
from adapters.sql import SqlStore
from adapters.sql.engine import parse
from tests.adapters.crash_child import (
    BEFORE,
    DELIVERY_STEPS,
    FILING_STEPS,
    ROOT,
    STATEMENTS,
    Children,
)
from tests.adapters.samples import NOON
from tests.until import until


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


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the database will be."""
    return f"sqlite:///{tmp_path}/hotline.db"


def killed(
    children: Children, step: str, url: str, tmp_path: Path, platform: Platform
) -> tuple[int, list[str]]:
    """File and deliver until ``step``; the exit status and what was told to callers."""
    told = tmp_path / "told"
    status = children.run("tickets", step, url, platform.url, told)
    return status, told.read_text(encoding="utf-8").splitlines()


async def recover(url: str, platform: Platform) -> SqlStore:
    """A fresh start of the same node: file what was taken down, deliver everything."""
    store = SqlStore(url)
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


async def taken_down(url: str) -> list[str]:
    """The matters that the dead process had stored, as tickets or in progress."""
    engine = create_async_engine(parse(url))
    async with engine.connect() as db:
        query = text("SELECT draft FROM tickets UNION SELECT draft FROM progress")
        drafts = (await db.execute(query)).scalars().all()
    await engine.dispose()
    return sorted(msgspec.json.decode(draft)["content"] for draft in drafts)


async def check(url: str, platform: Platform, told: list[str]) -> None:
    """After a fresh start everything told, and every matter taken down, is there once."""
    matters = await taken_down(url)
    assert len(matters) > BEFORE
    store = await recover(url, platform)
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
async def test_killed_while_filing(
    step: str, url: str, tmp_path: Path, platform: Platform, children: Children
) -> None:
    status, told = killed(children, step, url, tmp_path, platform)
    assert status == -signal.SIGKILL
    assert len(told) == BEFORE + (step == "told")
    await check(url, platform, told)


@pytest.mark.parametrize("step", DELIVERY_STEPS)
async def test_killed_while_delivering(
    step: str, url: str, tmp_path: Path, platform: Platform, children: Children
) -> None:
    status, told = killed(children, step, url, tmp_path, platform)
    assert status == -signal.SIGKILL
    assert len(told) > BEFORE
    await check(url, platform, told)


@pytest.mark.parametrize("step", ["send:answered", "delivered:before", "told"])
async def test_killed_and_the_answers_lost_as_well(
    step: str, url: str, tmp_path: Path, platform: Platform, children: Children
) -> None:
    status, told = killed(children, step, url, tmp_path, platform)
    assert status == -signal.SIGKILL
    await platform.behave(Behaviour(lose=1))
    await check(url, platform, told)


async def test_every_statement_of_a_filing_has_its_step(
    url: str, tmp_path: Path, platform: Platform, children: Children
) -> None:
    status, statements = killed(children, "list-statements", url, tmp_path, platform)
    assert status == 0
    # After the numbers of the three tickets come the statements of the third.
    assert len(statements) == BEFORE + 1 + STATEMENTS, statements


@pytest.mark.parametrize("step", ["file:commit", "file:after", "send:sent", "delivered:commit"])
async def test_killed_on_postgresql(
    step: str, postgres_url: str, tmp_path: Path, platform: Platform, children: Children
) -> None:
    status, told = killed(children, step, postgres_url, tmp_path, platform)
    assert status == -signal.SIGKILL
    await check(postgres_url, platform, told)
