"""The general language model of Debian's `sunpinyin-data`: how words follow each other in Mandarin.

Open-gram's trigram model of written Chinese (CC-BY-SA 3.0): 71,000 words, 2.5 million pairs and a
million triples, made for an input method. `fetch` unpacks the Debian packages into a folder of its
own, without installing them; `tslminfo` prints the model as text, which is read here.
"""

from __future__ import annotations

import array
import math
import os
import re
import subprocess
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PACKAGES = ("sunpinyin-data", "sunpinyin-utils", "libsunpinyin3v5")
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_WORD = re.compile("[\u4e00-\u9fff]+")
# Where a clause ends: the comma, the full stop and their like. Word 0 is whatever is unknown.
_STOPS = range(70, 76)
_UNKNOWN = 0
STOP = "。"


@dataclass
class General:
    """Costs (-ln of a probability) of words, pairs and triples, and of backing off from each.

    The end of a clause is the word `STOP`.
    """

    words: dict[str, tuple[float, float]] = field(default_factory=dict)
    pairs: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    triples: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def cost(self, history: tuple[str, ...], word: str) -> float:
        """-ln of the chance of a word after at most two others; infinite for an unknown word."""
        if word not in self.words:
            return math.inf
        if len(history) == 2:
            found = self.triples.get((history[0], history[1], word))
            if found is not None:
                return found
            pair = self.pairs.get((history[0], history[1]))
            return (pair[1] if pair else 0.0) + self.cost(history[1:], word)
        if len(history) == 1:
            found_pair = self.pairs.get((history[0], word))
            if found_pair is not None:
                return found_pair[0]
            return self.words.get(history[0], (0.0, 0.0))[1] + self.words[word][0]
        return self.words[word][0]


def fetch(folder: Path) -> None:
    """Unpack the Debian packages into `folder`; needs apt-get and dpkg, but no rights."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / _LIBRARIES / "sunpinyin" / "data" / "lm_sc.t3g").exists():
        return
    subprocess.run(["apt-get", "download", "-q", *_PACKAGES], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package.name, "."], cwd=folder, check=True)


def spellings(folder: Path) -> list[str]:
    """The word of each number; an empty one where the number stands for something else."""
    content = (folder / _LIBRARIES / "sunpinyin" / "data" / "pydict_sc.bin").read_bytes()
    header = array.array("I", content[:16])
    letters = array.array("I", content[header[2] :])
    return "".join(map(chr, letters)).split("\0")[: header[0]]


def read(folder: Path, largest: int) -> General:
    """The model with its `largest` most frequent words, all of hanzi, and what is made of them."""
    words = spellings(folder)
    model = General()
    names: dict[int, str] = {}
    unigrams: list[tuple[float, float, int]] = []
    section = 0
    for line in _printed(folder):
        if line.startswith("\\"):
            if section == 1:
                names = _kept(unigrams, words, largest, model)
            section = int(line[1])
            continue
        fields = line.split()
        if section == 1:
            unigrams.append((float(fields[1]), float(fields[2]), int(fields[0])))
        elif section == 2:
            first, second = names.get(int(fields[0])), names.get(int(fields[1]))
            if first and second:
                _keep_likelier(model, (first, second), float(fields[2]), float(fields[3]))
        elif section == 3:
            triple = tuple(names.get(int(number), "") for number in fields[:3])
            if all(triple):
                first, second, third = triple
                cost = float(fields[3])
                known = model.triples.get((first, second, third), math.inf)
                model.triples[first, second, third] = min(known, cost)
    return model


def _printed(folder: Path) -> Iterator[str]:
    command = [
        str(folder / "usr" / "bin" / "tslminfo"),
        "-v",
        str(folder / _LIBRARIES / "sunpinyin" / "data" / "lm_sc.t3g"),
    ]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder / _LIBRARIES)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("\\") or line[:1] == " ":
                yield line.split("(")[0]


def _kept(
    unigrams: list[tuple[float, float, int]], words: list[str], largest: int, model: General
) -> dict[int, str]:
    """Fill in the words, cheapest first; returns the name of each number that is kept."""
    names: dict[int, str] = {}
    for cost, backoff, number in sorted(unigrams):
        word = words[number] if number < len(words) else ""
        if number in _STOPS:
            names[number] = STOP
            if STOP not in model.words:
                model.words[STOP] = (cost, backoff)
        elif number != _UNKNOWN and _WORD.fullmatch(word) and len(model.words) < largest:
            names[number] = word
            model.words.setdefault(word, (cost, backoff))
    return names


def _keep_likelier(model: General, pair: tuple[str, str], cost: float, backoff: float) -> None:
    """Several numbers may stand for one word or for the stop: the likeliest counts."""
    if pair not in model.pairs or cost < model.pairs[pair][0]:
        model.pairs[pair] = (cost, backoff)


def known_words(model: General) -> Collection[str]:
    """All words of the model but the stop."""
    return [word for word in model.words if word != STOP]
