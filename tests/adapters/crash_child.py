"""Processes that file and deliver, and are killed at a chosen step.

``python -m tests.adapters.crash_child`` reads jobs from standard input, one JSON list a line:
what to do (a name of ``JOBS``), step, database URL, platform URL, file. It forks a process for
each and answers with its exit status. Steps are reached by wrapping the shipped code from
outside; it knows nothing of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy.event
from aiohttp import ClientSession
from sqlalchemy import Connection

from adapters.delivery import DeliveryWorker
from adapters.http_notices import HttpNotices
from adapters.http_platform import HttpPlatform
from adapters.model import Ticket
from adapters.notice_worker import NoticeWorker
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings, NoticeSettings, PlatformSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET
from adapters.sql import SqlStore
from flows.alarm import Alarm, AlarmStep
from tests.adapters.samples import LINES, NOON, call, draft
from tests.adapters.test_notice_store import gas
from tests.until import until

ROOT = Path(__file__).parents[2]
LIMIT_S = 25

# What the task at hand is doing: "file", a store method's name, or "".
doing: ContextVar[str] = ContextVar("doing", default="")

# Two tickets are filed and delivered before anything dies: a crash must not harm them.
BEFORE = 2

# One step before each statement of the filing transaction; a test counts the tickets'.
STATEMENTS = 11
EMERGENCY_STATEMENTS = 14
SENDING = ("send:before", "send:sent", "send:answered")
FILING_STEPS = (
    *(f"file:statement-{n}" for n in range(STATEMENTS)),
    "file:commit",
    "file:after",
    "told",
)
DELIVERY_STEPS = (
    "claim:before",
    "claim:commit",
    "claim:after",
    *SENDING,
    "delivered:before",
    "delivered:commit",
    "delivered:after",
    "postpone:before",
    "postpone:after",
)
NOTICE_STEPS = (
    *(f"file:statement-{n}" for n in range(EMERGENCY_STATEMENTS)),
    "file:commit",
    "file:after",
    "claim:commit",
    "claim:after",
    *SENDING,
    "delivered:commit",
    "delivered:after",
    "escalate:commit",
    "escalate:after",
)

UNITS = ("燃气企业", "属地街镇")
NEXT = ("县区值班",)
# Quick steps, and no reminder while a test looks.
ALARM = Alarm("em.gas", "P0", UNITS, (AlarmStep(0.2, NEXT),), repeat_s=600)


def alarms(kind: str) -> Alarm | None:
    """The one plan of these tests."""
    return ALARM if kind == "em.gas" else None


def now() -> datetime:
    """The wall clock."""
    return datetime.now().astimezone()


def notice_settings(url: str) -> NoticeSettings:
    """How the simulator at ``url`` is told."""
    return NoticeSettings(url=url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET, poll_s=0.1)


class Children:
    """The processes that are to die, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.adapters.crash_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, job: str, step: str, database: str, platform_url: str, told: Path) -> int:
        """Run one; its exit status. What it told is in ``told``."""
        assert self._process.stdin is not None and self._process.stdout is not None
        line = json.dumps([job, step, database, platform_url, str(told)])
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        """End the process that starts them."""
        self._process.communicate(timeout=100)


def die() -> NoReturn:
    """As if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def write(path: Path, *lines: str) -> None:
    """Add lines to a file; they are on the disk when this returns."""
    with path.open("a", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in lines)
        out.flush()
        os.fsync(out.fileno())


class Crash:
    """Dies at one step, once it is armed."""

    def __init__(self, step: str, store: SqlStore) -> None:
        self.step = step
        self.armed = False
        self.statements: list[str] = []
        engine = store._engine.sync_engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", self._statement)
        sqlalchemy.event.listen(engine, "commit", self._commit)
        post = ClientSession.post

        def sent(session: ClientSession, *args: Any, **kwargs: Any) -> Any:
            self.reach("send:before")
            return _Sent(post(session, *args, **kwargs), self)

        ClientSession.post = sent  # type: ignore[method-assign,assignment]

    def reach(self, step: str) -> None:
        """Die here if this is the step."""
        if self.armed and step == self.step:
            die()

    def wrap(self, part: object, *names: str) -> None:
        """Make steps of these methods of a store or outbox."""
        for name in names:
            self._wrap(part, name)

    def _wrap(self, part: object, name: str) -> None:
        method: Callable[..., Awaitable[Any]] = getattr(part, name)

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"{name}:before")
            token = doing.set(name)
            result = await method(*args, **kwargs)
            doing.reset(token)
            # An empty round is no step: nothing was changed.
            if result != []:
                self.reach(f"{name}:after")
            return result

        setattr(part, name, wrapped)

    async def file(self, filing: Awaitable[Ticket]) -> Ticket:
        """A filing, whose statements are steps."""
        token = doing.set("file")
        ticket = await filing
        doing.reset(token)
        self.reach("file:after")
        return ticket

    def _statement(self, _: Connection, __: Any, statement: str, *___: Any) -> None:
        if self.armed and doing.get() == "file":
            self.reach(f"file:statement-{len(self.statements)}")
            self.statements.append(" ".join(statement.split()))

    def _commit(self, _: Connection) -> None:
        self.reach(f"{doing.get()}:commit")


class _Sent:
    """A request: dies once it is on its way, or once it is answered."""

    def __init__(self, request: Any, crash: Crash) -> None:
        self._request = request
        self._crash = crash

    async def __aenter__(self) -> Any:
        response = await self._request.__aenter__()
        # The other side has stored the message; nothing here has read its answer.
        self._crash.reach("send:sent")
        return response

    async def __aexit__(self, *error: object) -> Any:
        result = await self._request.__aexit__(*error)
        self._crash.reach("send:answered")
        return result


async def tickets(step: str, database: str, platform_url: str, told: Path) -> None:
    """File, tell, deliver; die on the way.

    It writes a number to ``told``, and syncs it, where a real call would say it to the caller.
    With the step "list-statements" it writes the SQL statements of a filing instead.
    """
    store = SqlStore(database)
    await store.start()
    crash = Crash(step, store)
    crash.wrap(store.outbox, "claim", "delivered", "postpone")
    platform = HttpPlatform(
        PlatformSettings(url=platform_url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET)
    )
    settings = DeliverySettings(retry=RetryStrategy(base_s=0.02, max_s=0.1), poll_s=0.2)
    worker = DeliveryWorker(store, platform, settings, owner="node-a")

    async def file(n: int) -> Ticket:
        await store.open_call(call(f"call-{n}"))
        await store.save_progress(f"call-{n}", draft(str(n)), LINES[:2])
        ticket = await crash.file(store.file_ticket(f"call-{n}", draft(str(n)), LINES, at=NOON))
        write(told, ticket.ticket_no)
        crash.reach("told")
        worker.wake()
        return ticket

    async def empty() -> bool:
        return await store.backlog() == 0

    worker.start()
    for n in range(BEFORE):
        await file(n)
    await until(empty)
    if step.startswith("postpone"):
        async with ClientSession() as session:
            behaviour = {"fail": 1}
            await (await session.put(f"{platform_url}/sim/behaviour", json=behaviour)).read()
    crash.armed = step in FILING_STEPS or step == "list-statements"
    await file(BEFORE)
    if step == "list-statements":
        write(told, *crash.statements)
        os._exit(0)
    crash.armed = True
    # The worker may have been quicker than the line above: then it is the next one's turn.
    await until(empty)
    await file(BEFORE + 1)
    await asyncio.Event().wait()


async def notices(step: str, database: str, platform_url: str, _: Path) -> None:
    """File an emergency, tell the units, escalate; die on the way."""
    store = SqlStore(database, alarms=alarms)
    await store.start()
    await store.open_call(call("call-1"))
    crash = Crash(step, store)
    crash.armed = True
    crash.wrap(store.notices, "claim", "delivered")
    crash.wrap(store, "escalate")
    await crash.file(store.file_ticket("call-1", gas(), LINES, at=now()))
    if step.startswith("file:"):
        os._exit(1)  # filing has no such step
    settings = notice_settings(platform_url)
    NoticeWorker(store, HttpNotices(settings), settings).start()
    await asyncio.Event().wait()


JOBS = {"tickets": tickets, "notices": notices}


def serve() -> None:
    """Do the jobs on standard input, one after the other."""
    for line in sys.stdin:
        job, step, database, platform_url, told = json.loads(line)
        child = os.fork()
        if child == 0:
            # One that reaches no step ends too, and not as the test expects.
            signal.alarm(LIMIT_S)
            asyncio.run(JOBS[job](step, database, platform_url, Path(told)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
