"""Processes that file emergencies and tell the units, and are killed at a chosen step.

``python -m tests.adapters.notice_crash_child`` reads jobs from standard input, one JSON list a
line: step, database URL, platform URL. It forks a process for each and answers with its exit
status. Steps are reached by wrapping the shipped code from outside; it knows nothing of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import datetime
from typing import Any, NoReturn

import sqlalchemy.event
from aiohttp import ClientSession
from sqlalchemy import Connection

from adapters.http_notices import HttpNotices
from adapters.notice_worker import NoticeWorker
from adapters.settings import NoticeSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET
from adapters.sql import SqlStore
from flows.alarm import Alarm, AlarmStep
from tests.adapters.samples import LINES, call
from tests.adapters.test_notice_store import gas

LIMIT_S = 25
UNITS = ("燃气企业", "属地街镇")
NEXT = ("县区值班",)
# Quick steps, and no reminder while a test looks.
ALARM = Alarm("em.gas", "P0", UNITS, (AlarmStep(0.2, NEXT),), repeat_s=600)

STEPS = (
    *(f"file:statement-{n}" for n in range(14)),
    "file:commit",
    "file:after",
    "claim:commit",
    "claim:after",
    "send:before",
    "send:sent",
    "send:answered",
    "delivered:commit",
    "delivered:after",
    "escalate:commit",
    "escalate:after",
)


def alarms(kind: str) -> Alarm | None:
    """The one plan of these tests."""
    return ALARM if kind == "em.gas" else None


def now() -> datetime:
    """The wall clock."""
    return datetime.now().astimezone()


def settings(url: str) -> NoticeSettings:
    """How the simulator at ``url`` is told."""
    return NoticeSettings(url=url, key_id=DEMO_KEY_ID, secret=DEMO_SECRET, poll_s=0.1)


def die() -> NoReturn:
    """As if the power had gone."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


class Crash:
    """Dies when ``step`` is reached."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.doing = ""
        self.statements = 0

    def reach(self, step: str) -> None:
        """Die here if this is the step."""
        if step == self.step:
            die()

    def install(self, store: SqlStore) -> None:
        """Wrap the store, the adapter's client and the database driver."""
        self._wrap(store.notices, "claim")
        self._wrap(store.notices, "delivered")
        self._wrap(store, "escalate")
        engine = store._engine.sync_engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", self._statement)
        sqlalchemy.event.listen(engine, "commit", self._commit)
        post = ClientSession.post

        def sent(session: ClientSession, *args: Any, **kwargs: Any) -> Any:
            self.reach("send:before")
            return _Sent(post(session, *args, **kwargs), self)

        ClientSession.post = sent  # type: ignore[method-assign,assignment]

    def _wrap(self, store: object, name: str) -> None:
        method = getattr(store, name)

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            # Writing is one at a time here, so what is being done is one thing, too.
            self.doing = name
            result = await method(*args, **kwargs)
            self.doing = ""
            # An empty round is no step: nothing was changed.
            if result or name == "delivered":
                self.reach(f"{name}:after")
            return result

        setattr(store, name, wrapped)

    def _statement(self, *_: Any) -> None:
        if self.doing == "file":
            self.reach(f"file:statement-{self.statements}")
            self.statements += 1

    def _commit(self, _: Connection) -> None:
        self.reach(f"{self.doing}:commit")


class _Sent:
    """A request: dies once it is on its way, or once it is answered."""

    def __init__(self, request: Any, crash: Crash) -> None:
        self._request = request
        self._crash = crash

    async def __aenter__(self) -> Any:
        response = await self._request.__aenter__()
        self._crash.reach("send:sent")
        return response

    async def __aexit__(self, *error: object) -> Any:
        result = await self._request.__aexit__(*error)
        self._crash.reach("send:answered")
        return result


async def main(step: str, database: str, platform_url: str) -> None:
    """File an emergency, tell the units, escalate; die on the way."""
    crash = Crash(step)
    store = SqlStore(database, alarms=alarms)
    await store.start()
    await store.open_call(call("call-1"))
    crash.install(store)
    crash.doing = "file"
    await store.file_ticket("call-1", gas(), LINES, at=now())
    crash.doing = ""
    crash.reach("file:after")
    if step.startswith("file:"):
        os._exit(1)  # filing has no such step
    worker = NoticeWorker(store, HttpNotices(settings(platform_url)), settings(platform_url))
    worker.start()
    await asyncio.Event().wait()


def serve() -> None:
    """Do the jobs on standard input, one after the other."""
    for job in sys.stdin:
        step, database, platform_url = json.loads(job)
        child = os.fork()
        if child == 0:
            # One that reaches no step ends too, and not as the test expects.
            signal.alarm(LIMIT_S)
            asyncio.run(main(step, database, platform_url))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
