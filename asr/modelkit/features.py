"""Log mel filter-bank features, number for number what Vosk computes from the shipped settings."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RATE = 8000
BINS = 40
LOW, HIGH = 60.0, 3800.0
_FRAME, _SHIFT, _FFT = 200, 80, 256

FBANK_CONF = f"""--sample-frequency={RATE}
--num-mel-bins={BINS}
--low-freq={LOW:.0f}
--high-freq={HIGH:.0f}
--dither=0
--use-energy=false
--allow-upsample=true
--allow-downsample=true
"""


def _mel(hertz: npt.NDArray[np.float64] | float) -> npt.NDArray[np.float64]:
    return np.asarray(1127.0 * np.log(1.0 + np.asarray(hertz) / 700.0))


@lru_cache(maxsize=1)
def _window() -> Floats:
    ramp = np.arange(_FRAME)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * ramp / (_FRAME - 1))
    return (hann**0.85).astype(np.float32)


@lru_cache(maxsize=64)
def _filters(warp: float = 1.0) -> Floats:
    """Triangles evenly spaced in mel, shape (128, 40), on a frequency axis stretched by `warp`."""
    edges = np.linspace(_mel(LOW), _mel(HIGH), BINS + 2)
    hertz = np.arange(_FFT // 2) * RATE / _FFT
    # Stretched up to 3 kHz; above, so that 4 kHz stays where it is.
    knee = 3000.0
    above = knee * warp + (hertz - knee) * (4000.0 - knee * warp) / (4000.0 - knee)
    mels = _mel(np.where(hertz <= knee, hertz * warp, above))[:, None]
    left, centre, right = edges[:-2], edges[1:-1], edges[2:]
    rising = (mels - left) / (centre - left)
    falling = (right - mels) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


def fbank(samples: npt.NDArray[np.floating] | npt.NDArray[np.int16], warp: float = 1.0) -> Floats:
    """Features of samples in int16 scale at 8 kHz: shape (frames, 40), 100 frames a second.

    `warp` other than 1 is for training: above 1 the speaker seems to have a shorter throat.
    """
    x = np.asarray(samples, dtype=np.float32)
    if len(x) < _FRAME:
        return np.zeros((0, BINS), dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(x, _FRAME)[::_SHIFT]
    frames = frames - frames.mean(axis=1, keepdims=True)
    emphasised = frames * np.float32(0.03)
    emphasised[:, 1:] = frames[:, 1:] - np.float32(0.97) * frames[:, :-1]
    emphasised *= _window()
    spectrum = np.fft.rfft(emphasised, _FFT, axis=1)[:, : _FFT // 2]
    power = spectrum.real**2 + spectrum.imag**2
    floor = np.finfo(np.float32).eps
    return np.asarray(np.log(np.maximum(power @ _filters(warp), floor)), dtype=np.float32)
