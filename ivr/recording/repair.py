"""Mending a recording whose writer was killed: the header is made to match the file.

The sizes are written in place, each by one small write, after a broken tail has been cut
off; killed between any two of these steps, the file is simply one that still needs mending.
Audio is never moved or copied.
"""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import BinaryIO

import msgspec

from ivr.recording import riff

CHANNELS = 2
RATE = 8000
_RIFF_SIZE_AT = 4
_LARGEST = 0xFFFFFFFF


class Repaired(msgspec.Struct, frozen=True):
    """A recording that can be played: how long it is, and whether it had to be changed."""

    ms: int
    changed: bool


def repair(path: Path) -> Repaired:
    """Make ``path`` a sound WAV file; doing it twice changes nothing.

    A file killed inside its header becomes an empty recording. Raises
    :class:`ivr.recording.riff.NotWav` for anything else, which is left as it is, and OSError.
    """
    with path.open("r+b") as file:
        try:
            wav = riff.read_layout(file, path)
        except riff.IncompleteHeader:
            wav = None
        if wav is not None:
            changed = _mend(file, wav, path)
            frames = riff.read_layout(file, path).data_size // wav.block_align
            return Repaired(ms=frames * 1000 // wav.rate, changed=changed)
    _replace_by_empty(path)
    return Repaired(ms=0, changed=True)


def is_finished(path: Path) -> bool:
    """Whether the header matches the file; false for a WAV file that needs mending."""
    try:
        with path.open("rb") as file:
            wav = riff.read_layout(file, path)
            return _sound(file, wav)
    except riff.IncompleteHeader:
        return False


def _sound(file: BinaryIO, wav: riff.Wav) -> bool:
    return (
        wav.riff_size + 8 == wav.length
        and wav.data_size % wav.block_align == 0
        and _ends_with_chunks(file, wav)
    )


def _ends_with_chunks(file: BinaryIO, wav: riff.Wav) -> bool:
    """Whether whole chunks, or nothing, fill the file after the audio."""
    at = wav.data_at + wav.data_size + (wav.data_size & 1)
    while at < wav.length:
        file.seek(at)
        raw = file.read(8)
        if len(raw) < 8:
            return False
        name, size = struct.unpack("<4sI", raw)
        if not name.isalnum():
            return False
        at += 8 + size + (size & 1)
    return at == wav.length


def _mend(file: BinaryIO, wav: riff.Wav, path: Path) -> bool:
    if _sound(file, wav):
        return False
    data_size = wav.available // wav.block_align * wav.block_align
    if wav.data_at + data_size > _LARGEST:
        raise riff.NotWav(f"{path}: longer than a WAV file can be")
    file.truncate(wav.data_at + data_size)
    _write(file, _RIFF_SIZE_AT, wav.data_at + data_size - 8)
    _write(file, wav.data_at - 4, data_size)
    return True


def _write(file: BinaryIO, at: int, size: int) -> None:
    file.seek(at)
    file.write(struct.pack("<I", size))
    file.flush()
    os.fsync(file.fileno())


def _replace_by_empty(path: Path) -> None:
    mode = path.stat().st_mode & 0o777
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".repair-")
    with os.fdopen(handle, "wb") as file:
        file.write(riff.header(0, CHANNELS, RATE))
        os.fsync(file.fileno())
    Path(name).chmod(mode)
    Path(name).replace(path)
