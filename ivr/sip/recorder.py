"""The two-channel recording of a call, readable at any moment of its making."""

from __future__ import annotations

import os
import struct

from ivr.sip.media import BYTES_PER_MS
from ivr.sip.mixing import interleaved

HEADER_BYTES = 44
_RATE = 8000
# A killed process loses at most what has not reached the file yet.
_FLUSH_BYTES = BYTES_PER_MS * 2 * 500


def wav_header(data_bytes: int) -> bytes:
    """Header of a stereo 8 kHz s16 WAV file with so many bytes of samples."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + data_bytes,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        _RATE,
        _RATE * 4,
        4,
        16,
        b"data",
        data_bytes,
    )


class Recorder:
    """Writes the caller left and everyone else right.

    Samples and the sizes in the header reach the file twice a second, so a process that is
    killed leaves at most half a second unwritten. All methods may raise OSError.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        self._pending = bytearray()
        self._written = 0
        self._put(wav_header(0), 0)

    @property
    def ms(self) -> int:
        """How long the recording is."""
        return (self._written + len(self._pending)) // (BYTES_PER_MS * 2)

    def write(self, left: bytes, right: bytes) -> None:
        """Append mono tracks of equal length."""
        self._pending += interleaved(left, right)
        if len(self._pending) >= _FLUSH_BYTES:
            self.flush()

    def silence(self, from_ms: int, *, both: bool) -> None:
        """Make what has been recorded since ``from_ms`` silent: the caller, or everybody."""
        self.flush()
        at = from_ms * BYTES_PER_MS * 2
        if at >= self._written:
            return
        if both:
            quiet = bytes(self._written - at)
        else:
            frames = bytearray(os.pread(self._file, self._written - at, HEADER_BYTES + at))
            frames[0::4] = frames[1::4] = bytes(len(frames) // 4)
            quiet = bytes(frames)
        self._put(quiet, HEADER_BYTES + at)

    def flush(self) -> None:
        """Bring everything into the file."""
        if not self._pending:
            return
        data = bytes(self._pending)
        self._put(data, HEADER_BYTES + self._written)
        self._written += len(data)
        self._pending.clear()
        self._put(wav_header(self._written), 0)

    def close(self) -> None:
        """Write what is left and close the file, closed even if that fails."""
        try:
            self.flush()
        finally:
            self._pending.clear()
            os.close(self._file)

    def _put(self, data: bytes, at: int) -> None:
        view = memoryview(data)
        while view:
            done = os.pwrite(self._file, view, at)
            view = view[done:]
            at += done
