"""Speech slower than it was recorded, in the same pitch."""

from __future__ import annotations

import numpy as np
import pedalboard

from ivr.speech.pcm import RATE, Pcm, to_float, to_pcm

# Slower than this it is no longer understood better.
SLOWEST = 0.5
FASTEST = 1.5


def bounded(pace: float) -> float:
    """``pace`` within what makes sense, to two decimals: it names files in the cache."""
    return round(min(max(pace, SLOWEST), FASTEST), 2)


def paced(pcm: Pcm, pace: float) -> Pcm:
    """``pcm`` at ``pace`` times its speed. Takes some 5 ms for each second of speech."""
    stretched = pedalboard.time_stretch(
        to_float(pcm), RATE, stretch_factor=bounded(pace), high_quality=False
    )
    return to_pcm(np.asarray(stretched, dtype=np.float32).reshape(-1))
