"""The background job, with real recordings, the real model and a real database."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.model import CallRecord, Line
from adapters.second_pass import SecondPass
from adapters.sql import SqlStore
from asr.leisure import LeisurelyTranscriber
from asr.probe import PROBE_TEXT
from asr.selection import default_model_dir
from flows.ticket import Recognised, TicketDraft
from ivr.call.services import local_now
from ivr.second_pass import SecondPassSettings, SecondPassWorker
from tests.asr.test_leisure import recording, state_of
from tests.until import until

NOW = local_now()
LIVE = (Line("hotline", 0.0, 0.9, "您好"), Line("caller", 1.2, 2.0, "转人工", confidence=0.4))
DRAFT = TicketDraft(type="咨询", recognised=Recognised("x", "x", 0.5, False), content="转人工")


class Switchboard:
    """How many calls go on, and how often delivery was woken."""

    def __init__(self) -> None:
        self.calls = 0
        self.updates = 0

    def updated(self) -> None:
        self.updates += 1


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """An empty database."""
    made = SqlStore(f"sqlite:///{tmp_path}/hotline.db")
    await made.start()
    yield made
    await made.close()


@contextlib.asynccontextmanager
async def working(
    store: SqlStore, tmp_path: Path, line: Switchboard, **settings: float
) -> AsyncIterator[tuple[SecondPassWorker, LeisurelyTranscriber]]:
    transcriber = LeisurelyTranscriber(default_model_dir())
    worker = SecondPassWorker(
        store,
        transcriber,
        SecondPassSettings(poll_s=60.0, quiet_s=0.0, **settings),  # type: ignore[arg-type]
        node="node-a",
        data_dir=tmp_path,
        active_calls=lambda: line.calls,
        updated=line.updated,
        now=lambda: NOW + timedelta(minutes=1),
    )
    worker.start()
    try:
        yield worker, transcriber
    finally:
        await worker.stop()


async def a_call(store: SqlStore, tmp_path: Path, name: str = "call-1") -> str:
    """An ended call with a ticket and a recording of the probe; the ticket's number."""
    recording(tmp_path / f"{name}.wav")
    await store.open_call(CallRecord(name, "13812345678", "12345", NOW, node="node-a"))
    ticket = await store.file_ticket(name, DRAFT, LIVE, at=NOW)
    await store.close_call(name, ended=NOW, outcome="ticket", recording=f"{name}.wav", lines=LIVE)
    return ticket.ticket_no


async def outcome(store: SqlStore, call_id: str) -> SecondPass:
    """What came of a call's second pass once it is over."""

    async def over() -> SecondPass | None:
        known = await store.second_pass(call_id)
        return known if known is not None and known.state != "trying" else None

    return await until(over)


async def test_a_better_transcript_reaches_the_ticket_and_both_are_kept(
    store: SqlStore, tmp_path: Path
) -> None:
    number = await a_call(store, tmp_path)
    line = Switchboard()
    async with working(store, tmp_path, line):
        known = await outcome(store, "call-1")
        await until(lambda: line.updates == 1)
    assert known.better, known.reason
    ticket = await store.ticket(number)
    assert ticket is not None and ticket.revision == 1
    assert [part.text for part in ticket.transcript] == ["您好", PROBE_TEXT]
    assert ticket.transcript[1].clean == f"{PROBE_TEXT}。"
    stored = await store.call("call-1")
    assert stored is not None and tuple(stored[1]) == LIVE


async def test_it_does_not_begin_while_a_call_goes_on(store: SqlStore, tmp_path: Path) -> None:
    await a_call(store, tmp_path)
    line = Switchboard()
    line.calls = 1
    async with working(store, tmp_path, line) as (_, transcriber):
        await until(lambda: transcriber.paused)
        assert await store.second_pass("call-1") is None
        line.calls = 0
        assert (await outcome(store, "call-1")).state == "kept"


async def test_a_call_that_begins_meanwhile_stops_it_on_the_spot(
    store: SqlStore, tmp_path: Path
) -> None:
    await a_call(store, tmp_path)
    recording(tmp_path / "call-1.wav", times=60)
    line = Switchboard()
    async with working(store, tmp_path, line) as (_, transcriber):
        await until(lambda: transcriber.pid is not None)
        pid = transcriber.pid
        assert pid is not None
        line.calls = 1
        await until(lambda: state_of(pid) == "T")
        line.calls = 0
        await until(lambda: not transcriber.paused)


async def test_what_is_pending_survives_a_restart(store: SqlStore, tmp_path: Path) -> None:
    await a_call(store, tmp_path)
    recording(tmp_path / "call-1.wav", times=60)
    line = Switchboard()
    async with working(store, tmp_path, line) as (_, transcriber):
        await until(lambda: transcriber.pid is not None)
    assert transcriber.pid is None
    known = await store.second_pass("call-1")
    assert known is not None and known.state == "trying"
    recording(tmp_path / "call-1.wav")
    async with working(store, tmp_path, line):
        assert (await outcome(store, "call-1")).attempts == 2


async def test_a_recording_that_is_gone_does_not_hold_up_the_next(
    store: SqlStore, tmp_path: Path
) -> None:
    await a_call(store, tmp_path, "call-1")
    await a_call(store, tmp_path, "call-2")
    (tmp_path / "call-1.wav").unlink()
    line = Switchboard()
    async with working(store, tmp_path, line):
        assert (await outcome(store, "call-1")).state == "failed"
        assert (await outcome(store, "call-2")).state == "kept"


async def test_a_call_that_ends_later_is_found_when_it_is_announced(
    store: SqlStore, tmp_path: Path
) -> None:
    line = Switchboard()
    async with working(store, tmp_path, line) as (worker, _):
        await a_call(store, tmp_path)
        worker.wake()
        assert (await outcome(store, "call-1")).state == "kept"
