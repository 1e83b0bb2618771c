"""Reading the 8 kHz mono WAV files that are played on the line."""

from __future__ import annotations

import wave
from collections.abc import Iterable

from ivr.sip.media import RATE


class BadSound(Exception):
    """A file cannot be played; the message names it and says why."""


def read_wav(path: str) -> bytes:
    """The samples of a mono 8 kHz s16 WAV file. Raises :class:`BadSound`."""
    try:
        with wave.open(path, "rb") as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if shape != (1, 2, RATE):
                raise BadSound(f"{path}: not mono 16 bit {RATE} Hz")
            return file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise BadSound(f"{path}: {error}") from error


def read_all(paths: Iterable[str]) -> bytes:
    """The samples of several files, one after the other."""
    return b"".join(read_wav(path) for path in paths)
