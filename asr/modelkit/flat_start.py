"""The first steps of training, on short clear utterances with their sounds laid out evenly.

CTC left alone spends long in finding out that the order of sounds has to do with their place in
time. Telling it once, roughly, saves that: each utterance is cut evenly among its units, finals
getting more than initials, and the network learns frame by frame.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from asr.modelkit import augment
from asr.modelkit.features import RATE, fbank
from asr.modelkit.net import SUBSAMPLING
from asr.modelkit.pinyin import BLANK, INITIALS, inventory

_LONGEST = 2.4 * RATE
_BATCH = 32
_FRAME = RATE // 100


class Spoken(Protocol):
    """An utterance with the network outputs that spell it."""

    @property
    def samples(self) -> npt.NDArray[np.int16]:
        """Sound at 8 kHz."""
        ...

    @property
    def targets(self) -> tuple[int, ...]:
        """Outputs, in order."""
        ...


def sounding(samples: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Where the sound begins and ends, by loudness: sample numbers."""
    blocks = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loud = np.flatnonzero(np.abs(blocks).max(axis=1) > 0.04 * np.abs(samples).max())
    if not len(loud):
        return 0, len(samples)
    return int(loud[0]) * _FRAME, int(loud[-1] + 1) * _FRAME


def layout(targets: tuple[int, ...], start: int, end: int, outputs: int) -> list[int]:
    """The unit of each output frame when the sound from `start` to `end` is shared evenly."""
    names = inventory()
    shares = np.cumsum([1.0 if names[t] in INITIALS else 1.8 for t in targets])
    labels = []
    for number in range(outputs):
        place = number * SUBSAMPLING * _FRAME + _FRAME
        if start <= place < end:
            share = (place - start) / (end - start) * shares[-1]
            labels.append(targets[int(np.searchsorted(shares, share, side="right"))])
        else:
            labels.append(names.index(BLANK))
    return labels


def batch(examples: Sequence[Spoken], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Features (batch, time, 40) and the unit of each output frame (batch, ceil(time / 3))."""
    longest = int(max(len(e.samples) for e in examples) * 1.12) + RATE // 2
    longest -= longest % (SUBSAMPLING * _FRAME)
    features, labels = [], []
    for example in examples:
        speech = augment.resample(example.samples.astype(np.float32), rng.uniform(0.9, 1.1))
        before = int(rng.integers(0, max(1, min(3000, longest - len(speech)))))
        start, end = sounding(speech)
        sound = np.zeros(longest, dtype=np.float32)
        sound[before : before + len(speech)] = speech[: longest - before]
        sound *= 10 ** (rng.uniform(-14, 3) / 20)
        sound += rng.standard_normal(longest).astype(np.float32) * 10 ** rng.uniform(0, 1.6)
        made = fbank(augment.line(sound, rng))
        features.append(made)
        count = -(-len(made) // SUBSAMPLING)
        labels.append(layout(example.targets, before + start, before + end, count))
    return torch.from_numpy(np.stack(features)), torch.tensor(labels)


def choose(
    examples: Sequence[Spoken], seed: int, step: int
) -> tuple[list[Spoken], np.random.Generator]:
    """The utterances of one step, of about the same length, and its source of chance."""
    short = sorted(
        (e for e in examples if e.targets and len(e.samples) < _LONGEST),
        key=lambda e: len(e.samples),
    )
    start = random.Random(seed * 100_003 + step).randrange(max(1, len(short) - _BATCH))
    return short[start : start + _BATCH], np.random.default_rng([seed, step])
