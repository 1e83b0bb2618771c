"""Speaks the training texts, shard by shard; can be stopped at any moment and gone on with.

A shard is `<engine>-<kind>-<number>.npz` with `texts`, `voices` and `lengths` (one entry each per
utterance) and `audio`, all utterances end to end, int16 at 8000 samples a second. Its content
depends only on its name, so a cut run leaves fewer shards, never different ones.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from asr.modelkit import general, pinyin
from asr.modelkit.texts import bare
from asr.synthesis import kokoro

Samples = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]

RATE = 8000
HELD_OUT_VOICES = ("zf_xiaoyi", "zm_yunyang")
TRAINING_VOICES = tuple(v for v in kokoro.VOICES if v not in HELD_OUT_VOICES)
_ROUND = (
    *("domain", "digits", "everyday", "pieces", "numbers", "domain"),
    *("answers", "digits", "everyday", "general", "short"),
)
# So many pieces one after the other are one speaker's: they can be strung into one number.
PIECES_TOGETHER = 12
_PER_SHARD = {
    "digits": 32,
    "pieces": 10 * PIECES_TOGETHER,
    "domain": 40,
    "general": 40,
    "everyday": 40,
    "numbers": 32,
    "short": 80,
    "answers": 120,
}
# The kinds that take their texts from a list of the same name.
LISTED = tuple(kind for kind in _PER_SHARD if kind != "general")


@dataclass(frozen=True)
class Shard:
    """A piece of work small enough to lose: about two minutes of speech."""

    engine: str
    kind: str
    number: int

    @property
    def name(self) -> str:
        """The file's name without its suffix; also the seed of everything random inside."""
        return f"{self.engine}-{self.kind}-{self.number:03d}"


@dataclass(frozen=True)
class Utterance:
    """One spoken text: samples int16 at 8 kHz, shape (n,), peak at half of full scale."""

    text: str
    voice: str
    samples: Samples


def to_telephone_rate(speech: Floats, rate: int) -> Samples:
    """Resample to 8 kHz and bring the peak to half of full scale."""
    from scipy.signal import resample_poly

    divisor = int(np.gcd(RATE, rate))
    low = resample_poly(speech, RATE // divisor, rate // divisor)
    return np.asarray(low / (np.abs(low).max() + 1e-6) * 0.5 * 32767, dtype=np.int16)


def shard_texts(shard: Shard, texts: dict[str, list[str]]) -> list[str]:
    """The texts of one shard: a slice of its kind's list, word salad, or lone answers."""
    size = _PER_SHARD[shard.kind]
    rng = random.Random(f"texts {shard.name}")
    if shard.kind == "general":
        return [general.word_salad(rng) for _ in range(size)]
    if shard.kind == "answers":
        # The same few words again and again, each time by another speaker.
        return rng.choices(texts["answers"], k=size)
    # Each engine starts elsewhere in the list, so that together they cover more of it.
    offset = 0 if shard.engine == "kokoro" else len(texts[shard.kind]) // 2
    return [
        texts[shard.kind][(offset + shard.number * size + i) % len(texts[shard.kind])]
        for i in range(size)
    ]


def kokoro_speaker(model_dir: Path) -> Callable[[str, random.Random], Utterance]:
    """A function that speaks a text as a training voice, or as a speaker mixed from several."""
    engine = kokoro.Kokoro(model_dir, threads=1)
    foreign = [v for v in engine.voice_names() if not v.startswith("z")]

    def speak(text: str, rng: random.Random) -> Utterance:
        voice, style = mixed_style(engine.style, foreign, rng)
        pace = rng.uniform(0.85, 1.3)
        spoken = pinyin.letters_as_hanzi(text)
        speech, rate = engine.speak(spoken, style=style, speed=pace)
        return Utterance(bare(text), voice, to_telephone_rate(speech, rate))

    return speak


def mixed_style(
    style_of: Callable[[str], Floats], foreign: list[str], rng: random.Random
) -> tuple[str, Floats]:
    """A speaker: one training voice, a blend of two, or one with a foreign voice's timbre.

    A blend is a speaker that exists in no list: the cheapest way to many speakers. The first half
    of a style is how the voice sounds, the second how it moves, so that a foreign voice can lend
    its sound while a Mandarin voice keeps the tones right.
    """
    voice = rng.choice(TRAINING_VOICES)
    style = style_of(voice)
    kind = rng.random()
    if kind < 0.2:
        return voice, style
    if kind < 0.5:
        other = rng.choice([*TRAINING_VOICES, *foreign])
        weight = rng.uniform(0.25, 0.5) if other in foreign else rng.uniform(0.3, 0.7)
        return f"{voice}+{other}", style * (1 - weight) + style_of(other) * weight
    timbre, melody = rng.choice(foreign), rng.choice(TRAINING_VOICES)
    weight, half = rng.uniform(0.4, 0.9), style.shape[-1] // 2
    mixed = style * 0.6 + style_of(melody) * 0.4
    mixed[..., :half] = style[..., :half] * (1 - weight) + style_of(timbre)[..., :half] * weight
    return f"{voice}+{melody}+{timbre}", mixed


def espeak_speaker() -> Callable[[str, random.Random], Utterance]:
    """A function that speaks a text with one of espeak-ng's variants, pace and pitch at random."""
    from asr.modelkit import espeak

    engine = espeak.shared()

    def speak(text: str, rng: random.Random) -> Utterance:
        variant = rng.choice(espeak.VARIANTS)
        pace, pitch, span = rng.randint(170, 320), rng.randint(20, 80), rng.randint(30, 80)
        speech, rate = engine.speak(pinyin.letters_as_hanzi(text), variant, pace, pitch, span)
        return Utterance(bare(text), f"espeak{variant}", to_telephone_rate(speech, rate))

    return speak


def write_shard(
    shard: Shard,
    texts: dict[str, list[str]],
    speak: Callable[[str, random.Random], Utterance],
    folder: Path,
) -> float:
    """Speak one shard into `folder`; returns the minutes of speech written."""
    spoken = shard_texts(shard, texts)
    if shard.kind == "pieces":
        # Begun anew for each group, chance gives all of it the same speaker and pace.
        groups = [f"{shard.name}/{number // PIECES_TOGETHER}" for number in range(len(spoken))]
        pairs = zip(spoken, groups, strict=True)
        done = [in_group(speak(text, random.Random(group)), group) for text, group in pairs]
    else:
        rng = random.Random(f"speech {shard.name}")
        done = [speak(text, rng) for text in spoken]
    partial = folder / f".{shard.name}.{os.getpid()}.npz"
    np.savez(
        partial,
        texts=np.array([u.text for u in done]),
        voices=np.array([u.voice for u in done]),
        lengths=np.array([len(u.samples) for u in done]),
        audio=np.concatenate([u.samples for u in done]),
    )
    partial.replace(folder / f"{shard.name}.npz")
    return sum(len(u.samples) for u in done) / RATE / 60


def in_group(piece: Utterance, group: str) -> Utterance:
    """A piece without the silence around it; its voice's name says with which it may be strung."""
    loud = np.flatnonzero(np.abs(piece.samples.astype(np.float32)) > 0.02 * 16383)
    kept = piece.samples[max(0, loud[0] - 80) : loud[-1] + 320] if len(loud) else piece.samples
    return Utterance(piece.text, f"{piece.voice} {group}", kept)


def plan(kokoro_shards: int, espeak_shards: int) -> Iterator[Shard]:
    """All shards in the order of their worth: half domain, then breadth, then short answers."""
    for engine, count in (("espeak", espeak_shards), ("kokoro", kokoro_shards)):
        numbers = dict.fromkeys(_PER_SHARD, 0)
        for position in range(count):
            kind = _ROUND[position % len(_ROUND)]
            yield Shard(engine, kind, numbers[kind])
            numbers[kind] += 1


def share(shards: list[Shard], worker: int, workers: int) -> list[Shard]:
    """One worker's part: every so many-th round of kinds, so that a cut leaves all kinds."""
    return [s for n, s in enumerate(shards) if n // len(_ROUND) % workers == worker]


def work(
    shards: list[Shard],
    texts: dict[str, list[str]],
    model_dir: Path,
    folder: Path,
    until: float,
) -> None:
    """Write those shards that are missing, one after the other, until the clock says `until`."""
    folder.mkdir(parents=True, exist_ok=True)
    speakers: dict[str, Callable[[str, random.Random], Utterance]] = {}
    for shard in shards:
        if (folder / f"{shard.name}.npz").exists():
            continue
        if time.time() > until:
            return
        if shard.engine not in speakers:
            speakers[shard.engine] = (
                kokoro_speaker(model_dir) if shard.engine == "kokoro" else espeak_speaker()
            )
        started = time.time()
        minutes = write_shard(shard, texts, speakers[shard.engine], folder)
        print(f"{shard.name}: {minutes:.1f} min in {time.time() - started:.0f} s", flush=True)


def utterances(folder: Path) -> Iterator[tuple[str, Utterance]]:
    """(engine, utterance) of every shard in the folder, in the order of their names."""
    for path in sorted(folder.glob("[!.]*.npz")):
        with np.load(path) as shard:
            ends = np.cumsum(shard["lengths"])
            audio: Samples = shard["audio"]
            for text, voice, end, length in zip(
                shard["texts"], shard["voices"], ends, shard["lengths"], strict=True
            ):
                samples = audio[end - length : end]
                yield path.name.split("-")[0], Utterance(str(text), str(voice), samples)
