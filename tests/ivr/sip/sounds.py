"""WAV files for tests, and looking into the recordings that came of them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ivr.sip.tones import tone


def write_wav(path: Path, frequency: float, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(tone(frequency, seconds))
    return path


def channels(path: str | Path) -> tuple[bytes, bytes]:
    """Left and right of a stereo recording."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()
