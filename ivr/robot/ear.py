"""Telling from the sound alone when the hotline speaks and when it has paused."""

from __future__ import annotations

import numpy as np

SAMPLE_RATE = 8000
# Prompts are normalised to about -20 dBFS; line noise lies far below this.
SOUND_RMS = 200.0
SPOKEN_S = 0.25
PAUSE_S = 0.8


class Ear:
    """Follows what is heard, frame by frame; time is counted in samples."""

    def __init__(self) -> None:
        self._samples = 0
        self._sound_s = 0.0
        self._silence_s = 0.0
        self._spoke = False

    @property
    def at(self) -> float:
        """Seconds heard so far."""
        return self._samples / SAMPLE_RATE

    @property
    def sounding(self) -> bool:
        """Whether the latest frame had sound in it."""
        return self._silence_s == 0.0 and self._samples > 0

    @property
    def prompt_over(self) -> bool:
        """Whether, since :meth:`forget`, the hotline has spoken and then paused."""
        return self._spoke and self._silence_s >= PAUSE_S

    def forget(self) -> None:
        """Start waiting for the next prompt."""
        self._sound_s = 0.0
        self._spoke = False

    def hear(self, pcm: bytes) -> None:
        """Take in mono s16le audio at 8 kHz."""
        samples = np.frombuffer(pcm, np.int16)
        if not len(samples):
            return
        seconds = len(samples) / SAMPLE_RATE
        self._samples += len(samples)
        if float(np.sqrt(np.mean(samples.astype(np.float32) ** 2))) > SOUND_RMS:
            self._silence_s = 0.0
            self._sound_s += seconds
            self._spoke = self._spoke or self._sound_s >= SPOKEN_S
        else:
            self._silence_s += seconds
