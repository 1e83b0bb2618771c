"""Putting tracks of samples together."""

from __future__ import annotations

import numpy as np

from ivr.sip.media import SILENCE


def joined(frames: list[bytes | None]) -> bytes:
    """Frames in a row, with silence where nothing came."""
    return b"".join([SILENCE if frame is None else frame for frame in frames])


def mixed(tracks: list[bytes]) -> bytes:
    """Tracks of equal length on top of each other, saturated."""
    if len(tracks) == 1:
        return tracks[0]
    total = np.frombuffer(tracks[0], "<i2").astype(np.int32)
    for track in tracks[1:]:
        total += np.frombuffer(track, "<i2")
    return np.clip(total, -32768, 32767).astype("<i2").tobytes()


def interleaved(left: bytes, right: bytes) -> bytes:
    """Two mono tracks of equal length as one stereo track."""
    both = np.empty((len(left) // 2, 2), "<i2")
    both[:, 0] = np.frombuffer(left, "<i2")
    both[:, 1] = np.frombuffer(right, "<i2")
    return both.tobytes()
