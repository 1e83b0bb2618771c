"""Manifests come back as they were written, readable by their owner only."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from flows.privacy import mask_number
from ivr.recording.manifest import (
    Line,
    Manifest,
    ManifestError,
    Party,
    read_manifest,
    sha256_of,
    write_manifest,
)
from ivr.recording.paths import RecordingPaths

BEIJING = timezone(timedelta(hours=8))
STARTED = datetime(2026, 11, 23, 14, 5, 6, tzinfo=BEIJING)


def manifest(**changes: object) -> Manifest:
    values: dict[str, object] = {
        "call_id": "c1",
        "caller": "13877912345",
        "caller_masked": mask_number("13877912345"),
        "called": "12345",
        "started": STARTED,
        "ended": STARTED + timedelta(seconds=90),
        "node": "n1",
        "audio": "c1.wav",
        "ms": 90_000,
        "sha256": "0" * 64,
        "notice_ms": -3000,
        "tickets": ("BH20261123000001",),
        "parties": (
            Party(0, "caller"),
            Party(1, "hotline"),
            Party(1, "operator", "8001", 30_000, 90_000),
        ),
        "lines": (Line(1200, 0, "caller", "路灯坏了", 2400),),
    }
    return Manifest(**{**values, **changes})  # type: ignore[arg-type]


def test_it_comes_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    for case in (manifest(), manifest(ended=None, outcome="interrupted", tickets=())):
        write_manifest(path, case)
        assert read_manifest(path) == case


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    write_manifest(path, manifest())
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["c1.json"]


def test_a_failed_write_leaves_the_old_manifest(tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    write_manifest(path, manifest())
    path.rename(tmp_path / "kept")
    path.mkdir()
    (path / "in the way").touch()
    with pytest.raises(OSError):
        write_manifest(path, manifest(node="n2"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["c1.json", "kept"]


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        manifest(started=STARTED.replace(tzinfo=None))


def test_the_zone_survives(tmp_path: Path) -> None:
    path = tmp_path / "c1.json"
    write_manifest(path, manifest())
    assert b"2026-11-23T14:05:06+08:00" in path.read_bytes()
    assert read_manifest(path).started.astimezone(UTC).hour == 6


@pytest.mark.parametrize("content", [b"", b"{", b'{"call_id": "c1"}', b"[]", b"\xff"])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c1.json"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=r"c1\.json"):
        read_manifest(path)


def test_the_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "c1.wav"
    path.write_bytes(b"x" * 300_000)
    assert sha256_of(path) == hashlib.sha256(b"x" * 300_000).hexdigest()


def test_the_layout_is_by_day_and_private(tmp_path: Path) -> None:
    paths = RecordingPaths(tmp_path / "recordings")
    audio = paths.audio("c1", STARTED)
    assert audio == tmp_path / "recordings/2026/11/23/c1.wav"
    assert paths.manifest("c1", STARTED) == audio.with_suffix(".json")
    for directory in (audio.parent, audio.parents[1], audio.parents[2], audio.parents[3]):
        assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("call_id", ["", "../x", "a/b", ".x", "a b", "x" * 200])
def test_an_unsafe_call_id_is_refused(tmp_path: Path, call_id: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        RecordingPaths(tmp_path).audio(call_id, STARTED)
