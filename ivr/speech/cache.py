"""A directory of WAV files named by what they contain, bounded in size and age.

It holds what was read back to callers, so its files are readable by their owner only and do
not stay longer than they are told to.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from ivr.speech.pcm import Pcm, write_wav

log = logging.getLogger(__name__)

# A file given out this recently may not have been opened by its player yet.
_GRACE_S = 120.0
_SWEEP_EVERY = 50


class WavCache:
    """Keeps at most about ``limit`` bytes; the longest unused go first."""

    def __init__(self, directory: Path, limit: int, days: float = 7.0) -> None:
        self.directory = directory
        self._limit = limit
        self._oldest_s = days * 86400.0
        self._puts = 0

    def get(self, key: str) -> Path | None:
        """The file kept under ``key``, marked as used now; None when it is not there."""
        path = self._path(key)
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def put(self, key: str, pcm: Pcm) -> Path:
        """Keep ``pcm`` under ``key``; OSError when it cannot be written."""
        path = self._path(key)
        if not self.directory.is_dir():
            self.directory.mkdir(parents=True, mode=0o700)
        write_wav(path, pcm)
        if self._puts % _SWEEP_EVERY == 0:
            self.sweep()
        self._puts += 1
        return path

    def sweep(self) -> int:
        """Remove what is too old or too much; returns how many files went."""
        now = time.time()
        kept: list[tuple[float, int, Path]] = []
        removed = 0
        for path in self.directory.glob("*.wav"):
            try:
                status = path.stat()
            except OSError:
                continue
            if now - status.st_mtime > self._oldest_s:
                removed += _remove(path)
            else:
                kept.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in kept)
        for used, size, path in sorted(kept):
            if total <= self._limit or now - used < _GRACE_S:
                break
            removed += _remove(path)
            total -= size
        if removed:
            log.info("swept %d files", removed, extra={"action": "speech_cache_swept"})
        return removed

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.wav"


def _remove(path: Path) -> int:
    path.unlink(missing_ok=True)
    return 1
