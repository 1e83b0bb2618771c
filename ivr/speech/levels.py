"""Making every piece of speech equally loud, and cutting the silence around it.

Loudness is the RMS over the frames in which somebody speaks, so a prompt with long pauses is
not made louder than one without.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ivr.speech.pcm import RATE, Samples

TARGET_DBFS = -20.0
PEAK_DBFS = -3.0
_FRAME = RATE // 100
# Speech further than this under the loudest frame is background or a breath.
_ACTIVE_BELOW_DB = 30.0
_EDGE_BELOW_DB = 40.0


def frame_levels(samples: Samples) -> npt.NDArray[np.float64]:
    """RMS level of each 10 ms in dBFS."""
    whole = len(samples) // _FRAME * _FRAME
    frames = samples[:whole].reshape(-1, _FRAME).astype(np.float64)
    levels: npt.NDArray[np.float64] = 10.0 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return levels


def active_dbfs(samples: Samples) -> float:
    """Loudness over the frames with speech, dBFS; -120 when there is nothing."""
    levels = frame_levels(samples)
    if not len(levels):
        return -120.0
    active = levels[levels > levels.max() - _ACTIVE_BELOW_DB]
    return float(10.0 * np.log10(np.mean(10.0 ** (active / 10.0))))


def normalise(samples: Samples) -> Samples:
    """Bring speech to -20 dBFS, peaks to -3 dBFS at most (soft above -9 dBFS)."""
    level = active_dbfs(samples)
    if level <= -100.0:
        return samples
    louder = samples * np.float32(10.0 ** ((TARGET_DBFS - level) / 20.0))
    return limit(louder)


def limit(samples: Samples) -> Samples:
    """Keep peaks under -3 dBFS: linear up to -9 dBFS, bent smoothly above it."""
    ceiling = 10.0 ** (PEAK_DBFS / 20.0)
    knee = ceiling / 2.0
    size = np.abs(samples)
    if float(size.max(initial=0.0)) <= knee:
        return samples
    bent = knee + (ceiling - knee) * np.tanh((size - knee) / (ceiling - knee))
    return np.where(size > knee, np.sign(samples) * bent, samples).astype(np.float32)


def edges(samples: Samples) -> tuple[float, float]:
    """Seconds of silence before and after the speech."""
    levels = frame_levels(samples)
    loud = np.flatnonzero(levels > levels.max() - _EDGE_BELOW_DB) if len(levels) else levels
    if not len(loud):
        return len(samples) / RATE, 0.0
    return int(loud[0]) * 0.01, (len(levels) - 1 - int(loud[-1])) * 0.01


def trim(samples: Samples, before_ms: int, after_ms: int) -> Samples:
    """Cut the silence around the speech down to these margins, with 5 ms fades."""
    lead, tail = edges(samples)
    start = max(0, int(lead * RATE) - before_ms * RATE // 1000)
    stop = min(len(samples), len(samples) - int(tail * RATE) + after_ms * RATE // 1000)
    cut = samples[start:stop].copy()
    fade = min(RATE // 200, len(cut) // 2)
    if fade:
        ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        cut[:fade] *= ramp
        cut[-fade:] *= ramp[::-1]
    return cut
