"""Where recordings lie: ``recordings/YYYY/MM/DD/<call id>.wav``, the manifest beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

_CALL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_DAY = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
AUDIO = ".wav"
MANIFEST = ".json"


class RecordingPaths:
    """The layout below ``root``; only the hotline's own user may read it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def planned(self, call_id: str, started: datetime) -> Path:
        """Where the call's recording will be. ValueError for an unsafe id."""
        if not _CALL_ID.fullmatch(call_id):
            raise ValueError(f"call id {call_id!r} cannot be a file name")
        return self.root / f"{started:%Y/%m/%d}" / f"{call_id}{AUDIO}"

    def audio(self, call_id: str, started: datetime) -> Path:
        """The call's recording; its directory is made. ValueError for an unsafe id."""
        path = self.planned(call_id, started)
        directory = path.parent
        for part in (self.root, directory.parents[1], directory.parents[0], directory):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def manifest(self, call_id: str, started: datetime) -> Path:
        """The manifest beside the recording."""
        return manifest_of(self.audio(call_id, started))

    def days(self, since: date | None = None) -> Iterator[Path]:
        """The directories of days from ``since`` on, oldest first."""
        for directory in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*")):
            match = _DAY.fullmatch(directory.relative_to(self.root).as_posix())
            if match is None or not directory.is_dir():
                continue
            if since is None or "-".join(match.groups()) >= since.isoformat():
                yield directory


def recording_path(data_dir: Path, recording: str) -> Path | None:
    """A recording's file, None without one or if it lies anywhere but below ``data_dir``."""
    if not recording:
        return None
    root = data_dir.resolve()
    path = (root / recording).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def manifest_of(audio: Path) -> Path:
    """Where the manifest of a recording lies."""
    return audio.with_suffix(MANIFEST)
