"""After a crash: finds the recordings that nobody finished, and mends them."""

from __future__ import annotations

import contextlib
import logging
from datetime import date
from pathlib import Path

import msgspec

from ivr.recording.paths import AUDIO, RecordingPaths, manifest_of
from ivr.recording.repair import is_finished, repair
from ivr.recording.riff import NotWav

log = logging.getLogger(__name__)

_PROC = Path("/proc")


class Recovered(msgspec.Struct, frozen=True):
    """A recording that was left behind.

    ``changed``: its header had to be mended. ``has_manifest``: only the audio was unfinished.
    ``error`` says why it could not be mended ("" when it could); ``ms`` is then 0.
    """

    call_id: str
    audio: Path
    ms: int
    changed: bool
    has_manifest: bool
    error: str = ""


def recover(paths: RecordingPaths, since: date | None = None) -> list[Recovered]:
    """Mend every recording (of the days from ``since`` on) without a manifest or a sound header.

    One that some process is still writing is left alone: a worker outlives a node that died.
    Whoever files what was taken down writes the manifest; until then a recording is found again.
    """
    suspects = [
        audio
        for day in paths.days(since)
        for audio in sorted(day.glob(f"*{AUDIO}"))
        if not audio.name.startswith(".") and _unfinished(audio)
    ]
    if not suspects:
        return []
    in_use = _open_files()
    return [_recover(audio) for audio in suspects if _identity(audio) not in in_use]


def being_written(paths: RecordingPaths) -> set[str]:
    """The calls whose recording some process still writes: their worker outlived its node."""
    unfinished = [
        audio
        for day in paths.days()
        for audio in day.glob(f"*{AUDIO}")
        if not manifest_of(audio).is_file()
    ]
    in_use = _open_files() if unfinished else set()
    return {audio.stem for audio in unfinished if _identity(audio) in in_use}


def _unfinished(audio: Path) -> bool:
    if not manifest_of(audio).is_file():
        return True
    try:
        return not is_finished(audio)
    except (NotWav, OSError):
        return True


def _recover(audio: Path) -> Recovered:
    has_manifest = manifest_of(audio).is_file()
    try:
        done = repair(audio)
    except (NotWav, OSError) as error:
        log.error("recording cannot be mended: %s", error, extra={"action": "recording_broken"})
        return Recovered(audio.stem, audio, 0, False, has_manifest, str(error))
    log.info(
        "recording of call %s recovered, %d ms",
        audio.stem,
        done.ms,
        extra={"action": "recording_recovered"},
    )
    return Recovered(audio.stem, audio, done.ms, done.changed, has_manifest)


def _identity(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def _open_files() -> set[tuple[int, int]]:
    """Device and inode of every regular file that processes of this user have open."""
    found: set[tuple[int, int]] = set()
    for process in _PROC.iterdir():
        if process.name.isdecimal():
            # Others' processes may not be looked into, and any may end meanwhile.
            with contextlib.suppress(OSError):
                found.update(_identity(link) for link in (process / "fd").iterdir())
    return found
