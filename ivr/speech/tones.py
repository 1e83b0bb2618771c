"""Sounds that are not speech, made by arithmetic: ringing tone, beep, music on hold."""

from __future__ import annotations

import numpy as np

from ivr.speech.pcm import RATE, Samples

# Ringing tone of the Chinese network: 450 Hz, 1 s on, 4 s off (GB/T 3380).
_RINGING_HZ = 450.0
_BEEP_HZ = 1000.0
# A slow pentatonic tune (Hz, beats); the rests let a waiting caller hear that the line lives.
_TUNE = (
    (392.0, 2), (440.0, 1), (523.3, 1), (587.3, 2), (523.3, 2),
    (440.0, 2), (392.0, 1), (329.6, 1), (293.7, 2), (329.6, 2),
    (392.0, 2), (329.6, 1), (392.0, 1), (440.0, 2), (523.3, 2),
    (587.3, 1), (523.3, 1), (440.0, 2), (392.0, 4), (0.0, 2),
)  # fmt: skip
_BEAT_S = 0.5


def ringback() -> Samples:
    """One period of ringing tone, 5 s."""
    tone = _faded(_sine(_RINGING_HZ, 1.0), 0.01) * np.float32(0.15)
    return np.concatenate([tone, np.zeros(4 * RATE, dtype=np.float32)])


def beep() -> Samples:
    """A short beep, 200 ms."""
    return _faded(_sine(_BEEP_HZ, 0.2), 0.01) * np.float32(0.15)


def hold_music() -> Samples:
    """A plucked tune, quiet enough to talk over, that can be repeated without a click."""
    beats = sum(length for _, length in _TUNE)
    whole = np.zeros(int(beats * _BEAT_S * RATE), dtype=np.float32)
    at = 0
    for hertz, length in _TUNE:
        if hertz:
            note = _pluck(hertz, length * _BEAT_S + 0.6)
            stop = min(len(whole), at + len(note))
            whole[at:stop] += note[: stop - at]
        at += int(length * _BEAT_S * RATE)
    return _faded(whole, 0.02)


def _pluck(hertz: float, seconds: float) -> Samples:
    time = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    tones = sum(
        np.sin(2 * np.pi * hertz * n * time) * strength * np.exp(-time * fade)
        for n, strength, fade in ((1, 0.10, 2.0), (2, 0.05, 3.0), (3, 0.02, 5.0))
    )
    return _faded(np.asarray(tones, dtype=np.float32), 0.008)


def _sine(hertz: float, seconds: float) -> Samples:
    time = np.arange(int(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * hertz * time).astype(np.float32)


def _faded(samples: Samples, seconds: float) -> Samples:
    count = int(seconds * RATE)
    ramp = np.linspace(0.0, 1.0, count, dtype=np.float32)
    faded = samples.copy()
    faded[:count] *= ramp
    faded[-count:] *= ramp[::-1]
    return faded
