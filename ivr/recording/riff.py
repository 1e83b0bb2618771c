"""The chunks of a RIFF/WAVE file, as far as they are really there.

A process killed while it writes leaves sizes in the header that do not match the file; this
reads what the header claims and what the file holds, and lets the caller judge.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

_RIFF_HEADER = 12
_CHUNK_HEADER = 8
_FMT_SIZE = 16


class NotWav(Exception):
    """The file is not a RIFF/WAVE file; the message names it and says why."""


class IncompleteHeader(NotWav):
    """The file ends before its audio begins; what there is of it looks like a WAV file."""


class Wav(msgspec.Struct, frozen=True):
    """A WAV file's layout; offsets and sizes are bytes.

    ``riff_size`` and ``data_size`` are what the header claims, ``length`` is the file's real
    length, ``data_at`` the offset of the first audio byte.
    """

    format: int
    channels: int
    rate: int
    bits: int
    block_align: int
    riff_size: int
    data_at: int
    data_size: int
    length: int

    @property
    def available(self) -> int:
        """Bytes really there from the start of the audio to the end of the file."""
        return self.length - self.data_at

    @property
    def truncated(self) -> bool:
        """Whether the header claims more audio than the file holds."""
        return self.data_size > self.available


def inspect(path: Path) -> Wav:
    """Read the layout of a WAV file; raises :class:`NotWav`, or OSError when unreadable."""
    with path.open("rb") as file:
        return read_layout(file, path)


def read_layout(file: BinaryIO, path: Path) -> Wav:
    """The same for an open file; ``path`` is only for messages."""
    length = file.seek(0, 2)
    file.seek(0)
    head = file.read(_RIFF_HEADER)
    if not b"RIFF".startswith(head[:4]) or not b"WAVE".startswith(head[8:12]):
        raise NotWav(f"{path}: not a RIFF/WAVE file")
    if len(head) < _RIFF_HEADER:
        raise IncompleteHeader(f"{path}: ends inside its header")
    riff_size: int = struct.unpack_from("<I", head, 4)[0]
    fmt: tuple[int, int, int, int, int, int] | None = None
    at = _RIFF_HEADER
    while True:
        file.seek(at)
        chunk = file.read(_CHUNK_HEADER)
        if len(chunk) < _CHUNK_HEADER:
            raise IncompleteHeader(f"{path}: ends before its audio begins")
        name, size = struct.unpack("<4sI", chunk)
        if name == b"data":
            break
        if name == b"fmt ":
            raw = file.read(_FMT_SIZE)
            if len(raw) < _FMT_SIZE:
                raise IncompleteHeader(f"{path}: ends inside its format chunk")
            fmt = struct.unpack("<HHIIHH", raw)
        elif not name.isascii() or not name.decode("ascii").isprintable():
            raise NotWav(f"{path}: damaged chunk at byte {at}")
        at += _CHUNK_HEADER + size + (size & 1)
    if fmt is None:
        raise NotWav(f"{path}: its audio comes before its format")
    kind, channels, rate, _, block_align, bits = fmt
    if not channels or not rate or not block_align:
        raise NotWav(f"{path}: impossible format ({channels} channels at {rate} Hz)")
    return Wav(
        format=kind,
        channels=channels,
        rate=rate,
        bits=bits,
        block_align=block_align,
        riff_size=riff_size,
        data_at=at + _CHUNK_HEADER,
        data_size=size,
        length=length,
    )


def header(data_size: int, channels: int, rate: int) -> bytes:
    """The 44-byte header of a finished 16-bit PCM file with ``data_size`` bytes of audio."""
    block = channels * 2
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        rate,
        rate * block,
        block,
        16,
        b"data",
        data_size,
    )
