"""Sounds of a telephone line, as 8 kHz 16-bit mono PCM. The same on every run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np

from asr.probe import probe_pcm

RATE = 8000


def pcm(samples: np.ndarray) -> bytes:
    """Samples between -1 and 1 as PCM."""
    return bytes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def silence(ms: int) -> bytes:
    """Digital silence."""
    return bytes(RATE * ms // 1000 * 2)


def noise(ms: int, level: float = 0.05, seed: int = 1) -> bytes:
    """White noise with this standard deviation."""
    return pcm(np.random.default_rng(seed).normal(0, level, RATE * ms // 1000))


def tone(ms: int, hertz: float = 440.0, level: float = 0.3) -> bytes:
    """A sine."""
    return pcm(level * np.sin(2 * np.pi * hertz * np.arange(RATE * ms // 1000) / RATE))


def click() -> bytes:
    """Ten milliseconds of knock."""
    return pcm(np.full(80, 0.6))


def cough(ms: int = 180) -> bytes:
    """A burst of noise that dies away, as a cough does."""
    t = np.arange(RATE * ms // 1000) / RATE
    burst = np.random.default_rng(3).normal(0, 0.5, len(t))
    return pcm(burst * np.exp(-8 * t))


def speech() -> bytes:
    """我要转人工: 1.7 s with a quarter of a second of silence at both ends."""
    return probe_pcm()


def mix(background: bytes, sound: bytes, at_ms: int) -> bytes:
    """``sound`` added to ``background`` from ``at_ms`` on."""
    mixed = np.frombuffer(background, "<i2").astype(np.float64) / 32768
    at = RATE * at_ms // 1000
    mixed[at : at + len(sound) // 2] += np.frombuffer(sound, "<i2") / 32768
    return pcm(mixed)


def over_a_law(audio: bytes) -> bytes:
    """What is left of ``audio`` after G.711 A-law, as on any trunk in China."""
    x = np.frombuffer(audio, "<i2").astype(np.float64) / 32768
    a = 87.6
    size = np.abs(x)
    low = a * size / (1 + np.log(a))
    high = (1 + np.log(np.maximum(a * size, 1))) / (1 + np.log(a))
    coded = np.round(np.where(size < 1 / a, low, high) * 127) / 127
    back = np.where(
        coded < 1 / (1 + np.log(a)),
        coded * (1 + np.log(a)) / a,
        np.exp(coded * (1 + np.log(a)) - 1) / a,
    )
    return pcm(np.sign(x) * back)


async def play(
    feed: Callable[[bytes], None],
    audio: bytes,
    piece_ms: int = 40,
    each: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Feed ``audio`` in pieces, letting the event loop run between them."""
    step = RATE * piece_ms // 1000 * 2
    for at in range(0, len(audio), step):
        feed(audio[at : at + step])
        await (each() if each else asyncio.sleep(0))
