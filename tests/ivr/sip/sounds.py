"""WAV files for tests, and looking into the recordings that came of them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from ivr.sip.tones import frequency_power, tone


def write_wav(path: Path, frequency: float, seconds: float, rate: int = 8000) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        # At twice the rate, half the frequency for twice the time is the same sound.
        file.writeframes(tone(frequency * 8000 / rate, seconds * rate / 8000))
    return path


def channels(path: str | Path) -> tuple[bytes, bytes]:
    """Left and right of a stereo recording."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0].tobytes(), both[:, 1].tobytes()


def where(pcm: bytes, frequency: float) -> list[float]:
    """Seconds at which 100 ms of this tone begin, in steps of 20 ms."""
    steps = range(0, len(pcm) - 1600, 320)
    return [at / 16000 for at in steps if frequency_power(pcm[at : at + 1600], frequency) > 0.6]
