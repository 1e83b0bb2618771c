"""What the start after a crash does with calls, tickets and recordings that were left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapters.model import CallRecord, Line
from adapters.sql.store import SqlStore
from flows.ticket import TicketDraft
from ivr.config import Config
from ivr.recording import riff
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import RecordingPaths, manifest_of
from ivr.recovery import recover

STARTED = datetime(2026, 11, 23, 14, 5, 6, tzinfo=timezone(timedelta(hours=8)))
SECOND = bytes(32_000)
LINES = (Line("caller", 0.2, 0.9, "路灯不亮"),)
DRAFT = TicketDraft(type="投诉", content="路灯不亮")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(node="n1", data_dir=tmp_path)


@pytest.fixture
async def store(config: Config) -> AsyncIterator[SqlStore]:
    opened = SqlStore(config.database_url)
    await opened.start()
    yield opened
    await opened.close()


def record(config: Config, call_id: str) -> Path:
    """A recording of one second as a killed worker leaves it."""
    audio = RecordingPaths(config.data_dir / "recordings").audio(call_id, STARTED)
    audio.write_bytes(riff.header(0, 2, 8000) + SECOND)
    return audio


async def begin(store: SqlStore, call_id: str, draft: TicketDraft | None = DRAFT) -> None:
    await store.open_call(CallRecord(call_id, "13907791234", "12345", STARTED, node="n1"))
    if draft is not None:
        await store.save_progress(call_id, draft, LINES)


@contextmanager
def still_writing(audio: Path) -> Iterator[None]:
    """Another process has the recording open."""
    program = "import sys; f = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(audio)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdin is not None and writer.stdout is not None
    try:
        assert writer.stdout.readline() == b"open\n"
        yield
    finally:
        writer.stdin.close()
        writer.wait(timeout=100)
        writer.stdout.close()


async def test_a_call_left_behind_becomes_a_ticket_a_manifest_and_a_closed_call(
    store: SqlStore, config: Config
) -> None:
    await begin(store, "c1")
    audio = record(config, "c1")
    assert await recover(store, config) == 1
    (number,) = await store.tickets_of("c1")
    ticket = await store.ticket(number)
    assert ticket is not None and not ticket.draft.complete
    found = await store.call("c1")
    assert found is not None
    assert (found[0].outcome, found[0].recording) == (
        "interrupted",
        str(audio.relative_to(config.data_dir)),
    )
    manifest = read_manifest(manifest_of(audio))
    assert (manifest.tickets, manifest.ms, manifest.outcome) == ((number,), 1000, "interrupted")
    assert await recover(store, config) == 0


async def test_a_call_still_talking_is_finished_by_a_later_start_and_filed_once(
    store: SqlStore, config: Config
) -> None:
    await begin(store, "c1")
    audio = record(config, "c1")
    with still_writing(audio):
        assert await recover(store, config) == 0
        (number,) = await store.tickets_of("c1")
        assert [call.call_id for call, _ in await store.unfinished_calls("n1")] == ["c1"]
        assert not manifest_of(audio).exists()
        assert await recover(store, config) == 0
    assert await recover(store, config) == 1
    assert await store.tickets_of("c1") == [number]
    assert await store.backlog() == 1
    assert await store.unfinished_calls("n1") == []
    manifest = read_manifest(manifest_of(audio))
    assert manifest.tickets == (number,)
    assert [line.text for line in manifest.lines] == ["路灯不亮"]


async def test_the_manifest_names_tickets_filed_before_the_crash(
    store: SqlStore, config: Config
) -> None:
    await begin(store, "c1", draft=None)
    ticket = await store.file_ticket("c1", DRAFT, LINES, at=STARTED)
    audio = record(config, "c1")
    assert await recover(store, config) == 1
    assert read_manifest(manifest_of(audio)).tickets == (ticket.ticket_no,)


async def test_a_closed_call_gets_the_manifest_that_its_recording_lacks(
    store: SqlStore, config: Config
) -> None:
    await begin(store, "c1", draft=None)
    ticket = await store.file_ticket("c1", DRAFT, LINES, at=STARTED)
    ended = STARTED + timedelta(minutes=2)
    await store.close_call("c1", ended=ended, outcome="ticket", recording="", lines=LINES)
    audio = record(config, "c1")
    assert await recover(store, config) == 0
    manifest = read_manifest(manifest_of(audio))
    assert (manifest.ended, manifest.tickets) == (ended, (ticket.ticket_no,))
    found = await store.call("c1")
    assert found is not None
    call, lines = found
    assert (call.outcome, call.ended) == ("ticket", ended)
    assert call.recording == str(audio.relative_to(config.data_dir))
    assert tuple(lines) == LINES


async def test_a_recording_of_no_known_call_stops_nothing(store: SqlStore, config: Config) -> None:
    stray = record(config, "a-stray")
    broken = record(config, "broken")
    broken.write_bytes(b"not audio at all")
    await begin(store, "c1")
    audio = record(config, "c1")
    assert await recover(store, config) == 1
    assert manifest_of(audio).is_file()
    assert not manifest_of(stray).exists()


async def test_a_call_without_a_recording_is_closed(store: SqlStore, config: Config) -> None:
    await begin(store, "c1")
    assert await recover(store, config) == 1
    found = await store.call("c1")
    assert found is not None
    assert (found[0].outcome, found[0].recording) == ("interrupted", "")
