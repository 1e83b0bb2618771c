"""How far the times of recognised words are from where the words were said.

Words spoken alone are put one after the other, so that it is known where each begins and ends.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.modelkit import wav

_WORDS_EACH = 4
_GAPS = (0.06, 0.15, 0.3, 0.6)
_QUIET = 0.03


@dataclass(frozen=True)
class Errors:
    """Differences in ms between heard and said, over the words that were heard rightly."""

    words: int
    heard: int
    begin_median: float
    begin_p95: float
    end_median: float
    end_p95: float


def trimmed(samples: wav.Samples) -> wav.Samples:
    """Without the silence around it."""
    loud = np.flatnonzero(np.abs(samples.astype(np.float32)) > _QUIET * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def compose(words: dict[str, Path], folder: Path, count: int, seed: str) -> None:
    """Write `count` files of some words each into `folder`, and `said.json` with their times.

    `words` tells where each is spoken alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    said: dict[str, list[tuple[str, float, float]]] = {}
    for number in range(count):
        name = f"{number:03d}"
        pieces = [np.zeros(int(0.3 * wav.RATE), dtype=np.int16)]
        said[name] = []
        for word in rng.sample(sorted(words), _WORDS_EACH):
            begin = sum(map(len, pieces)) / wav.RATE
            pieces.append(trimmed(wav.read(words[word])))
            said[name].append((word, begin, begin + len(pieces[-1]) / wav.RATE))
            pieces.append(np.zeros(int(rng.choice(_GAPS) * wav.RATE), dtype=np.int16))
        pieces.append(np.zeros(int(0.5 * wav.RATE), dtype=np.int16))
        wav.write(folder / f"{name}.wav", np.concatenate(pieces))
    (folder / "said.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def compare(folder: Path, heard: dict[str, list[tuple[str, float, float]]]) -> Errors:
    """The errors of what was heard in each file of a composed folder."""
    said = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    begins, ends, words = [], [], 0
    for name, spoken in said.items():
        words += len(spoken)
        for word, begin, end in spoken:
            for first, last in _spans(word, heard.get(name, [])):
                # The same word elsewhere in the file is not this one.
                if first < end and begin < last:
                    begins.append(1000 * (first - begin))
                    ends.append(1000 * (last - end))
                    break
    return Errors(words, len(begins), *_spread(begins), *_spread(ends))


def _spans(word: str, heard: list[tuple[str, float, float]]) -> list[tuple[float, float]]:
    """Where recognised words, one or several in a row, spell `word`."""
    found = []
    for first in range(len(heard)):
        text = ""
        for last in range(first, len(heard)):
            text += heard[last][0]
            if text == word:
                found.append((heard[first][1], heard[last][2]))
    return found


def _spread(errors: list[float]) -> tuple[float, float]:
    """The median with its sign, and what 95 of 100 are within."""
    if not errors:
        return (0.0, 0.0)
    within = float(np.percentile(np.abs(errors), 95))
    return (round(float(np.median(errors)), 0), round(within, 0))
