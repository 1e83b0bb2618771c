"""Which 20 ms of a telephone line hold voice.

Two opinions must agree. WebRTC's detector knows the shape of speech; a level gate knows how
loud this line is when nobody speaks. The gate also cuts off the detector's hangover (it calls
60-100 ms after a sound still voice), so that a cough keeps its own length, and it lets a
steady tone or hum become background after :data:`NOISE_WINDOW_S`.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import webrtcvad

from asr.engine import SAMPLE_RATE
from asr.settings import VadSettings

FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
FRAME_BYTES = FRAME_SAMPLES * 2
NOISE_WINDOW_S = 3.0
"""The line's noise is the quietest 60 ms of this long: speech pauses more often than that."""

_SMOOTHED = 3
_BLOCK = 25
_BLOCKS = int(NOISE_WINDOW_S * 1000 / FRAME_MS / _BLOCK)
_SILENCE_DB = -96.0
_NO_LINE_DB = -75.0
"""Quieter than G.711's own idle noise: no line, only zeros."""


class Vad:
    """Judges one line's audio, frame after frame; keeps that line's state."""

    def __init__(self, settings: VadSettings | None = None) -> None:
        self._settings = settings or VadSettings()
        self._vad = webrtcvad.Vad(self._settings.mode)
        self._recent: deque[float] = deque(maxlen=_SMOOTHED)
        # Nothing is known of a new line: take it for quiet until it proves otherwise.
        self._minima = deque([_SILENCE_DB] * _BLOCKS, maxlen=_BLOCKS)
        self._block_minimum = 0.0
        self._in_block = 0

    def frames(self, pcm: bytes) -> list[bool]:
        """For each whole 20 ms frame of ``pcm`` whether it is voice.

        ``pcm`` must hold whole frames (:data:`FRAME_BYTES` each).
        """
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32).reshape(-1, FRAME_SAMPLES)
        power = np.einsum("ij,ij->i", samples, samples) / (FRAME_SAMPLES * 32768.0**2)
        levels = 10.0 * np.log10(power + 10.0 ** (_SILENCE_DB / 10))
        return [
            self._is_voice(pcm[at * FRAME_BYTES : (at + 1) * FRAME_BYTES], float(level))
            for at, level in enumerate(levels)
        ]

    def _is_voice(self, frame: bytes, level: float) -> bool:
        self._learn(level)
        # The detector keeps a state of its own, so it must hear every frame.
        speech = bool(self._vad.is_speech(frame, SAMPLE_RATE))
        return speech and level > self._threshold()

    def _threshold(self) -> float:
        quietest = min((*self._minima, self._block_minimum))
        return max(self._settings.min_level_dbfs, quietest + self._settings.over_noise_db)

    def _learn(self, level: float) -> None:
        """Follow the line's noise: the minimum of the smoothed level over a sliding window."""
        if level < _NO_LINE_DB:
            # Lost packets and silence suppression say nothing about the line's noise.
            return
        self._recent.append(level)
        if len(self._recent) == _SMOOTHED:
            self._block_minimum = min(self._block_minimum, sum(self._recent) / _SMOOTHED)
        self._in_block += 1
        if self._in_block == _BLOCK:
            self._minima.append(self._block_minimum)
            self._block_minimum = 0.0
            self._in_block = 0
