"""At start-up, recordings left behind by a crash are found and mended."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from ivr.recording import riff
from ivr.recording.manifest import Manifest, sha256_of, write_manifest
from ivr.recording.paths import RecordingPaths
from ivr.recording.recover import recover
from ivr.recording.repair import is_finished

STARTED = datetime(2026, 11, 23, 14, 5, 6, tzinfo=timezone(timedelta(hours=8)))
SECOND = bytes(32_000)


def record(
    paths: RecordingPaths, call_id: str, finished: bool, started: datetime = STARTED
) -> Path:
    audio = paths.audio(call_id, started)
    audio.write_bytes(riff.header(len(SECOND) if finished else 0, 2, 8000) + SECOND)
    return audio


def describe(audio: Path) -> None:
    manifest = Manifest(
        call_id=audio.stem,
        caller="13877912345",
        caller_masked="138****2345",
        called="12345",
        started=STARTED,
        ended=STARTED,
        node="n1",
        audio=audio.name,
        ms=1000,
        sha256=sha256_of(audio),
    )
    write_manifest(audio.with_suffix(".json"), manifest)


def test_only_what_was_left_behind_is_found(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path)
    describe(record(paths, "whole", finished=True))
    killed = record(paths, "killed", finished=False)
    unfiled = record(paths, "unfiled", finished=True)
    half = record(paths, "half", finished=False)
    describe(half)

    found = {one.call_id: one for one in recover(paths)}

    assert set(found) == {"killed", "unfiled", "half"}
    assert (found["killed"].ms, found["killed"].changed) == (1000, True)
    assert (found["unfiled"].ms, found["unfiled"].changed) == (1000, False)
    assert found["half"].has_manifest and found["half"].changed
    assert is_finished(killed) and is_finished(unfiled) and is_finished(half)


def test_it_is_found_again_until_somebody_writes_the_manifest(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path)
    audio = record(paths, "killed", finished=False)
    assert [one.changed for one in recover(paths)] == [True]
    assert [one.changed for one in recover(paths)] == [False]
    describe(audio)
    assert recover(paths) == []


def test_what_is_no_recording_is_reported_and_does_not_stop_the_rest(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path)
    record(paths, "killed", finished=False)
    paths.audio("broken", STARTED).write_bytes(b"not audio at all")
    found = {one.call_id: one for one in recover(paths)}
    assert "broken.wav" in found["broken"].error
    assert found["killed"].error == ""


def test_a_recording_still_being_written_is_left_alone(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path)
    audio = record(paths, "live", finished=False)
    program = "import sys; f = open(sys.argv[1], 'ab'); print('open', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(audio)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert writer.stdin is not None and writer.stdout is not None
    try:
        assert writer.stdout.readline() == b"open\n"
        assert recover(paths) == []
        assert not is_finished(audio)
    finally:
        writer.stdin.close()
        writer.wait(timeout=100)
        writer.stdout.close()
    assert [one.call_id for one in recover(paths)] == ["live"]


def test_old_days_can_be_left_out(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path)
    record(paths, "old", finished=False, started=STARTED - timedelta(days=40))
    record(paths, "new", finished=False)
    assert [one.call_id for one in recover(paths, since=date(2026, 11, 1))] == ["new"]
    assert [one.call_id for one in recover(paths)] == ["old", "new"]
