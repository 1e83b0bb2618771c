"""Writes the text lists everything else starts from; the same seed gives the same lists.

`domain`, `short`, `numbers`, `digits`, `pieces`, `answers` and `everyday` are spoken for training,
`held_out` and `held_out_numbers` are spoken for measuring and kept out of everything else, `lm` is
what the language model counts.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from pathlib import Path

from asr.modelkit import general
from asr.modelkit.grammar import Grammar

_NOT_SPOKEN = re.compile("[^\u4e00-\u9fffA-Z]")
# The lists that are spoken only to measure by.
MEASURED = ("held_out", "held_out_numbers")
_LONGEST_SPOKEN = 24
_SHORTEST_HELD_OUT = 6


def bare(text: str) -> str:
    """Only the hanzi and capital letters of a text: how two texts are compared."""
    return _NOT_SPOKEN.sub("", text)


def sentences(
    grammar: Grammar,
    name: str,
    count: int,
    seed: str,
    excluded: Collection[str] = (),
    longest: int = 60,
) -> list[str]:
    """`count` random sentences of a choice, repeats included, none of them in `excluded`."""
    rng = random.Random(seed)
    found: list[str] = []
    while len(found) < count:
        sentence = grammar.expand(name, rng)
        if sentence and len(sentence) <= longest and sentence not in excluded:
            found.append(sentence)
    return found


def read_utterances(path: Path) -> list[str]:
    """The first column of the test set: callers' sentences as written, with punctuation."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[0] for line in lines if line.strip() and not line.startswith("#")]


def write(folder: Path, test_set: Collection[str], lm_count: int = 300_000) -> None:
    """Write all lists into `folder`; no sentence of `test_set` is in any of them."""
    folder.mkdir(parents=True, exist_ok=True)
    grammar = Grammar.load()
    tested = {bare(text) for text in test_set}
    pool = sentences(grammar, "spoken", 4000, "held out", tested, _LONGEST_SPOKEN)
    held_out = sorted({s for s in pool if len(s) >= _SHORTEST_HELD_OUT})
    held_out = random.Random("held out order").sample(held_out, 120)
    held_out_numbers = sentences(grammar, "digit_string", 120, "held out numbers", tested)
    kept_out = tested | set(held_out) | set(held_out_numbers)
    lists = {
        "held_out": held_out,
        "held_out_numbers": held_out_numbers,
        "domain": _distinct(
            sentences(grammar, "spoken", 8000, "domain", kept_out, _LONGEST_SPOKEN)
        ),
        "short": _distinct(sentences(grammar, "short", 6000, "short", kept_out, _LONGEST_SPOKEN)),
        "numbers": _distinct(sentences(grammar, "numbers", 6000, "numbers", kept_out)),
        "digits": _digits(kept_out),
        "pieces": _pieces(),
        "answers": sentences(grammar, "answers", 3000, "answers", kept_out),
        "everyday": _everyday(kept_out),
        "lm": sentences(grammar, "sentence", lm_count, "lm", kept_out),
    }
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path, name: str) -> list[str]:
    """One of the lists, in the order written."""
    return (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def lone_answers() -> list[str]:
    """The answers of a word or two that the model is measured by, in the order of the template."""
    return Grammar.load().alternatives("lone")


def _digit(before: str, rng: random.Random) -> str:
    """A digit, the one before again more often than chance has it: those are the easiest lost."""
    if before and rng.random() < 0.2:
        return before
    return rng.choice("零幺一二三四五六七八九")


def _digits(excluded: Collection[str], count: int = 3000) -> list[str]:
    """Strings of 4 to 12 digits; commas let the voice group them, as people do, or not."""
    rng = random.Random("digits")
    found: list[str] = []
    while len(found) < count:
        group = rng.choice((2, 3, 3, 4, 4, 20, 20, 20))
        text, before = "", ""
        for position in range(rng.randint(4, 12)):
            before = _digit(before, rng)
            text += ("，" if position and position % group == 0 else "") + before
        if bare(text) not in excluded:
            found.append(text)
    return found


def _pieces(count: int = 6000) -> list[str]:
    """One, two or three digits, to be strung together in training."""
    rng = random.Random("pieces")
    found = []
    for _ in range(count):
        before = _digit("", rng)
        text = before
        for _ in range(rng.choice((0, 1, 1, 2))):
            before = _digit(before, rng)
            text += before
        found.append(text)
    return found


def _everyday(excluded: Collection[str]) -> list[str]:
    """Graded readers' sentences in random order, short ones in pairs; punctuation gives pauses."""
    rng = random.Random("everyday")
    pool = [s for s in general.sentences() if bare(s) not in excluded]
    rng.shuffle(pool)
    found: list[str] = []
    while pool:
        sentence = pool.pop()
        if pool and len(sentence) + len(pool[-1]) <= _LONGEST_SPOKEN:
            sentence += pool.pop()
        found.append(sentence)
    return found


def _distinct(lines: list[str]) -> list[str]:
    return list(dict.fromkeys(lines))
