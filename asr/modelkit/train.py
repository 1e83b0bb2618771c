"""Trains the acoustic network with CTC on the spoken shards; can be stopped and gone on with.

The work is bounded twice, by steps and by minutes, and the learning rate follows whichever is
nearer its end, so that a slow machine ends with a finished model too, only a less trained one.
"""

from __future__ import annotations

import math
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from asr.modelkit import augment, speech
from asr.modelkit.features import BINS, fbank
from asr.modelkit.net import SUBSAMPLING, Net, Shape
from asr.modelkit.pinyin import inventory, units

Samples = npt.NDArray[np.int16]
Batch = tuple[Tensor, Tensor, Tensor, Tensor]
Made = tuple[npt.NDArray[np.float32], tuple[int, ...]]

_PEAK_RATE = 2e-3
_BATCH_SECONDS = 64.0
_NO_SPEECH_SHARE = 0.04
_JOINED_SHARE = 0.08
# Of the pieces of numbers, how many strings of them a pass has for each piece.
_STRUNG_SHARE = 1.0
_SAVE_EVERY = 200
# Torch compiles and keeps kernels for each shape of batch, which takes as long as the work itself
# and some megabytes: so batches come in few sizes and few lengths, in frames.
_SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 27, 33)
_FRAMES_ROUNDED = 60


@dataclass(frozen=True)
class Limits:
    """When training ends: after so many steps or so many minutes, whichever is first."""

    steps: int = 30000
    minutes: float = 60.0
    threads: int = 2
    rate: float = _PEAK_RATE


@dataclass(frozen=True)
class Example:
    """One utterance: samples at 8 kHz and the network outputs that spell it."""

    samples: Samples
    targets: tuple[int, ...]
    # Pieces of numbers by the same speaker have the same name here; all else has none.
    group: str = ""


def read_examples(folder: Path, kept_out: Collection[str]) -> list[Example]:
    """All utterances of the shards that the inventory can spell, but none of the texts kept out."""
    numbers = {unit: number for number, unit in enumerate(inventory())}
    found = []
    for _, utterance in speech.utterances(folder):
        spelling = None if utterance.text in kept_out else units(utterance.text)
        if spelling and all(unit in numbers for unit in spelling):
            targets = tuple(numbers[unit] for unit in spelling)
            _, _, group = utterance.voice.partition(" ")
            found.append(Example(utterance.samples, targets, group))
    return found


class Telephone(Dataset[Batch]):
    """Batches of about the same amount of sound, distorted anew each time they are asked for.

    An item is a tuple of utterances to say with a pause between: one, two (people stop in
    mid-sentence), none, which is a stretch of line without speech, or pieces of a number, which
    follow each other closely.
    """

    def __init__(self, examples: list[Example], seed: int) -> None:
        self._examples = examples
        self._seed = seed
        self._groups: dict[str, list[int]] = defaultdict(list)
        for index, example in enumerate(examples):
            if example.group:
                self._groups[example.group].append(index)
        self._batches: list[list[tuple[int, ...]]] = []
        self._epoch = 0
        self.shuffle(0)

    @property
    def hours(self) -> float:
        """How much sound there is, each utterance counted once."""
        return sum(len(e.samples) for e in self._examples) / speech.RATE / 3600

    def shuffle(self, epoch: int) -> None:
        """Make up the batches of an epoch: neighbours in length, in random order."""
        self._epoch = epoch
        rng = random.Random(self._seed * 1000 + epoch)
        short = [i for i, e in enumerate(self._examples) if len(e.samples) < 3.5 * speech.RATE]
        # A piece alone stands for a short answer, which others teach too.
        items: list[tuple[int, ...]] = [
            (i,) for i, e in enumerate(self._examples) if not e.group or rng.random() < 0.3
        ]
        for _ in range(int(len(items) * _JOINED_SHARE)):
            items.append((rng.choice(short), rng.choice(short)))
        for pieces in self._groups.values():
            for _ in range(math.ceil(len(pieces) * _STRUNG_SHARE)):
                items.append(tuple(rng.choices(pieces, k=rng.randint(2, 6))))
        items.extend([()] * int(len(items) * _NO_SPEECH_SHARE))
        self._batches = self._by_length(items, rng)

    def _by_length(
        self, items: list[tuple[int, ...]], rng: random.Random
    ) -> list[list[tuple[int, ...]]]:
        def length(item: tuple[int, ...]) -> float:
            if not item:
                # Spread over all batches: one of nothing but silence would teach nothing else.
                return speech.RATE * rng.uniform(2.0, 6.0)
            margin = speech.RATE * (0.5 + 0.5 * len(item))
            return margin + sum(len(self._examples[i].samples) for i in item)

        batches: list[list[tuple[int, ...]]] = []
        room = 0
        for item in sorted(items, key=lambda item: length(item) * rng.uniform(0.9, 1.1)):
            if room == 0:
                fitting = _BATCH_SECONDS * speech.RATE / length(item)
                room = max((size for size in _SIZES if size <= fitting), default=1)
                batches.append([])
            batches[-1].append(item)
            room -= 1
        rng.shuffle(batches)
        return batches

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, number: int) -> Batch:
        rng = np.random.default_rng([self._seed, self._epoch, number])
        return collate([self._made(item, rng) for item in self._batches[number]])

    def _made(self, item: tuple[int, ...], rng: np.random.Generator) -> Made:
        if not item:
            return fbank(augment.no_speech(rng)), ()
        pieces: list[npt.NDArray[np.float32]] = []
        for index in item:
            if pieces:
                closely = bool(self._examples[index].group)
                pause = int(rng.uniform(*((0.0, 0.12) if closely else (0.1, 0.8))) * speech.RATE)
                pieces.append(np.zeros(pause, dtype=np.float32))
            pieces.append(self._examples[index].samples.astype(np.float32))
        babble = [self._any(rng).samples.astype(np.float32) for _ in range(3)]
        # A longer or shorter throat, and so another speaker, without another pitch.
        warp = round(rng.uniform(0.88, 1.12), 2) if rng.random() < 0.7 else 1.0
        features = fbank(augment.telephone(np.concatenate(pieces), rng, babble), warp)
        targets = tuple(number for index in item for number in self._examples[index].targets)
        return masked(features, rng), targets

    def _any(self, rng: np.random.Generator) -> Example:
        return self._examples[int(rng.integers(len(self._examples)))]


def masked(features: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Hide a few stretches of time and of pitch, so that no single cue is relied on."""
    out = features.copy()
    fill = features.mean(axis=0)
    for _ in range(rng.integers(0, 3)):
        start = rng.integers(0, max(1, len(out) - 12))
        out[start : start + rng.integers(2, 12)] = fill
    for _ in range(rng.integers(0, 3)):
        start, width = rng.integers(0, 36), rng.integers(1, 6)
        out[:, start : start + width] = fill[start : start + width]
    return out


def collate(made: list[Made]) -> Batch:
    """Features (batch, time, 40) filled up with last frames, output lengths, targets, lengths."""
    longest = max(len(features) for features, _ in made)
    longest = math.ceil(longest / _FRAMES_ROUNDED) * _FRAMES_ROUNDED
    padded = [np.pad(f, ((0, longest - len(f)), (0, 0)), mode="edge") for f, _ in made]
    lengths = [math.ceil(len(features) / SUBSAMPLING) for features, _ in made]
    targets = [number for _, spelled in made for number in spelled]
    return (
        torch.from_numpy(np.stack(padded)),
        torch.tensor(lengths),
        torch.tensor(targets, dtype=torch.long),
        torch.tensor([len(spelled) for _, spelled in made]),
    )


def learning_rate(progress: float, peak: float) -> float:
    """Rises over the first tenth, then falls as a half cosine to nearly nothing."""
    if progress < 0.1:
        return peak * (0.04 + 0.96 * progress / 0.1)
    return peak * max(0.002, 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9)))


@dataclass
class State:
    """What is written down so that training can go on after a stop."""

    net: Net
    optimiser: torch.optim.Optimizer
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Write everything; the old file stays until the new one is whole."""
        partial = path.with_suffix(".partial")
        content = {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "counters": (self.step, self.epoch, self.seconds),
        }
        torch.save(content, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Take up where a file left off."""
        content: dict[str, Any] = torch.load(path, weights_only=True)
        self.net.load_state_dict(content["net"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.step, self.epoch, self.seconds = content["counters"]


def _shard_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("[!.]*.npz"))


def fresh_net(examples: list[Example], seed: int) -> Net:
    """An untrained network, with the features' mean and spread taken from a sample."""
    torch.manual_seed(seed)
    net = Net(Shape(outputs=len(inventory())))
    sample = Telephone(random.Random(seed).sample(examples, min(300, len(examples))), seed)
    features = torch.cat([sample[i][0].reshape(-1, BINS) for i in range(len(sample))])
    net.mean.copy_(features.mean(dim=0))
    net.scale.copy_(1 / features.std(dim=0))
    return net


def read_net(path: Path) -> Net:
    """The network of a checkpoint."""
    net = Net(Shape(outputs=len(inventory())))
    net.load_state_dict(torch.load(path, weights_only=True)["net"])
    net.eval()
    return net


def batches(data: Telephone, workers: int) -> Iterator[Batch]:
    """One epoch's batches, prepared ahead in other processes."""
    yield from DataLoader(
        data, batch_size=None, num_workers=workers, prefetch_factor=6 if workers else None
    )


def train(speech_folder: Path, checkpoint: Path, limits: Limits, kept_out: Collection[str]) -> None:
    """Train, or go on training, writing `checkpoint` as it goes.

    Shards that appear meanwhile are taken up at the next pass. Texts kept out are for measuring.
    """
    torch.set_num_threads(limits.threads)
    shards = _shard_names(speech_folder)
    examples = read_examples(speech_folder, kept_out)
    net = fresh_net(examples, seed=7)
    state = State(
        net, torch.optim.AdamW(net.parameters(), limits.rate, weight_decay=1e-3, fused=True)
    )
    if checkpoint.exists():
        state.load(checkpoint)
    data = Telephone(examples, seed=7)
    ctc = nn.CTCLoss(blank=0, zero_infinity=True, reduction="sum")
    already, started = state.seconds, time.monotonic()
    average = 0.0

    def progress() -> float:
        state.seconds = already + time.monotonic() - started
        return max(state.step / limits.steps, state.seconds / (limits.minutes * 60))

    net.train()
    while progress() < 1:
        if shards != (shards := _shard_names(speech_folder)):
            data = Telephone(read_examples(speech_folder, kept_out), seed=7)
        data.shuffle(state.epoch)
        print(f"pass {state.epoch}: {data.hours:.2f} h from {len(shards)} shards", flush=True)
        for features, lengths, targets, target_lengths in batches(data, workers=1):
            if progress() >= 1:
                break
            for group in state.optimiser.param_groups:
                group["lr"] = learning_rate(progress(), limits.rate)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = net(features).transpose(0, 1)
            total = ctc(scores, targets, lengths, target_lengths)
            loss = total / max(4 * len(lengths), len(targets))
            state.optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 3.0)
            state.optimiser.step()
            state.step += 1
            average = 0.97 * average + 0.03 * loss.item() if average else loss.item()
            if state.step % 50 == 0:
                print(f"step {state.step} loss {average:.3f} {progress():.0%}", flush=True)
            if state.step % _SAVE_EVERY == 0:
                state.save(checkpoint)
        state.epoch += 1
    state.save(checkpoint)
