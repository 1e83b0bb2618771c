"""Processes that file tickets and deliver them, and are killed at a chosen step.

``python -m tests.adapters.crash_child`` reads jobs from standard input, one JSON list a line:
step, database URL, platform URL, file. It forks a process for each and answers with its exit
status. That process writes a number to the file, and syncs it, where a real call would say it
to the caller. Steps are reached by wrapping the shipped code from outside; it knows nothing
of them. With the step "list-statements" it writes the SQL statements of a filing instead.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

import sqlalchemy.event
from aiohttp import ClientSession
from sqlalchemy import Connection

from adapters.delivery import DeliveryWorker
from adapters.http_platform import HttpPlatform
from adapters.model import Ticket
from adapters.retry import RetryStrategy
from adapters.settings import DeliverySettings, PlatformSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET
from adapters.sql import SqlStore
from tests.adapters.samples import LINES, NOON, call, draft
from tests.until import until

LIMIT_S = 25

# What the task at hand is doing: "file", a store method's name, or "".
doing: ContextVar[str] = ContextVar("doing", default="")

# Two tickets are filed and delivered before anything dies: a crash must not harm them.
BEFORE = 2

# One step before each statement of the filing transaction; a test counts them.
STATEMENTS = 11
FILING_STEPS = (
    *(f"file:statement-{n}" for n in range(STATEMENTS)),
    "file:before-commit",
    "file:after-commit",
    "told",
)
DELIVERY_STEPS = (
    "claim:before",
    "claim:before-commit",
    "claim:after",
    "push:before",
    "push:sent",
    "push:answered",
    "delivered:before",
    "delivered:before-commit",
    "delivered:after",
    "postpone:before",
    "postpone:after",
)


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
    """Arms one step. ``armed`` is false until the tickets of before are delivered."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.armed = False
        self.statements: list[str] = []

    def reach(self, step: str) -> None:
        """Die here if this is the step."""
        if self.armed and step == self.step:
            die()

    def install(self, store: SqlStore) -> None:
        """Wrap the store, the platform adapter and the database driver."""
        for name in ("claim", "delivered", "postpone"):
            self._wrap(store.outbox, name)
        engine = store._engine.sync_engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", self._statement)
        sqlalchemy.event.listen(engine, "commit", self._commit)
        post = ClientSession.post

        def sent(session: ClientSession, *args: Any, **kwargs: Any) -> Any:
            self.reach("push:before")
            return _Sent(post(session, *args, **kwargs), self)

        ClientSession.post = sent  # type: ignore[method-assign,assignment]

    def _wrap(self, store: object, name: str) -> None:
        method: Callable[..., Awaitable[Any]] = getattr(store, name)

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"{name}:before")
            token = doing.set(name)
            result = await method(*args, **kwargs)
            doing.reset(token)
            self.reach(f"{name}:after")
            return result

        setattr(store, name, wrapped)

    def _statement(self, _: Connection, __: Any, statement: str, *___: Any) -> None:
        if self.armed and doing.get() == "file":
            self.reach(f"file:statement-{len(self.statements)}")
            self.statements.append(" ".join(statement.split()))

    def _commit(self, _: Connection) -> None:
        self.reach(f"{doing.get()}:before-commit")


class _Sent:
    """A request: dies once it is on its way, or once it is answered."""

    def __init__(self, request: Any, crash: Crash) -> None:
        self._request = request
        self._crash = crash

    async def __aenter__(self) -> Any:
        response = await self._request.__aenter__()
        # The platform has stored the ticket; nothing here has read its answer.
        self._crash.reach("push:sent")
        return response

    async def __aexit__(self, *error: object) -> Any:
        result = await self._request.__aexit__(*error)
        self._crash.reach("push:answered")
        return result


async def main(step: str, database: str, platform_url: str, told: Path) -> None:
    """File, tell, deliver; die on the way."""
    crash = Crash(step)
    store = SqlStore(database)
    await store.start()
    crash.install(store)
    platform = HttpPlatform(
        PlatformSettings(url=platform_url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET)
    )
    settings = DeliverySettings(retry=RetryStrategy(base_s=0.02, max_s=0.1), poll_s=0.2)
    worker = DeliveryWorker(store, platform, settings, owner="node-a")

    async def file(n: int) -> Ticket:
        await store.open_call(call(f"call-{n}"))
        await store.save_progress(f"call-{n}", draft(str(n)), LINES[:2])
        token = doing.set("file")
        ticket = await store.file_ticket(f"call-{n}", draft(str(n)), LINES, at=NOON)
        doing.reset(token)
        crash.reach("file:after-commit")
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


def serve() -> None:
    """Do the jobs on standard input, one after the other."""
    for job in sys.stdin:
        step, database, platform_url, told = json.loads(job)
        child = os.fork()
        if child == 0:
            # One that reaches no step ends too, and not as the test expects.
            signal.alarm(LIMIT_S)
            asyncio.run(main(step, database, platform_url, Path(told)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
