"""Tones, and finding them again in what is heard: who hears whom, proved by frequency."""

from __future__ import annotations

import math

import numpy as np

from ivr.sip.media import RATE


def tone(frequency: float, seconds: float, level: float = 0.3) -> bytes:
    """A sine of ``frequency`` Hz as 8 kHz s16 samples; ``level`` 1.0 is full scale."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * math.pi * frequency * at) * level * 32767
    return wave.astype("<i2").tobytes()


def frequency_power(pcm: bytes, frequency: float) -> float:
    """Share of the power of ``pcm`` that lies at ``frequency``: 0.0 none, 1.0 all (Goertzel).

    Silence has none of anything: 0.0.
    """
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    total = float(np.dot(samples, samples))
    if len(samples) == 0 or total / len(samples) < 100.0:
        return 0.0
    turn = 2 * math.pi * frequency / RATE * np.arange(len(samples))
    real, imaginary = float(np.dot(samples, np.cos(turn))), float(np.dot(samples, np.sin(turn)))
    return min(1.0, 2 * (real * real + imaginary * imaginary) / (len(samples) * total))


def loudness(pcm: bytes) -> float:
    """Root mean square of 8 kHz s16 samples, 0.0 to 32768.0."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples * samples))) if len(samples) else 0.0
