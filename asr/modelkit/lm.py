"""A trigram language model over words, with back-off, counted from the generated sentences.

Everyday words that no sentence uses get a small share of the single-word probabilities, so that
they can be recognised, though only when the sound leaves little choice.
"""

from __future__ import annotations

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from asr.modelkit.general import dictionary
from asr.modelkit.pinyin import units

START, END = "<s>", "</s>"
NUMERALS = frozenset("零一二三四五六七八九十百千万幺两")
_DISCOUNT = 0.6
_LEAST_SPARE = 0.55
History = tuple[str, ...]


def cut(sentence: str) -> list[str]:
    """A sentence as words; numbers are cut to single numerals, for their order is free."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    words: list[str] = []
    for word in jieba.cut(sentence, HMM=False):
        if len(word) > 1 and all(hanzi in NUMERALS for hanzi in word):
            words.extend(word)
        else:
            words.append(word)
    return words


@dataclass(frozen=True)
class Limits:
    """What is worth a place in the graph."""

    general_words: int = 12000
    general_share: float = 0.15
    least_bigram: int = 2
    least_trigram: int = 4


@dataclass
class Model:
    """For each history the words that may follow, and what backing off from it costs.

    All numbers are -ln of a probability. A history has no, one or two words; a word that is not
    listed after a history is reached through `backoff`, with the history's first word dropped.
    """

    follow: dict[History, dict[str, float]] = field(default_factory=dict)
    backoff: dict[History, float] = field(default_factory=dict)
    vocabulary: list[str] = field(default_factory=list)

    def cost(self, history: History, word: str) -> float:
        """-ln of the probability of a word after a history of at most two words."""
        while history not in self.follow:
            history = history[1:]
        if word in self.follow[history]:
            return self.follow[history][word]
        if not history:
            return math.inf
        return self.backoff[history] + self.cost(history[1:], word)


def count(
    sentences: Iterable[str], general_words: int
) -> tuple[list[list[str]], list[tuple[str, int]]]:
    """Sentences as words that can be spelled, and the everyday words to add with their counts."""
    cached: dict[str, bool] = {}

    def spelled(word: str) -> bool:
        if word not in cached:
            cached[word] = units(word) is not None
        return cached[word]

    cut_up = [[word for word in cut(s) if spelled(word)] for s in sentences]
    extra = [entry for entry in dictionary()[:general_words] if spelled(entry[0])]
    return cut_up, extra


def estimate(sentences: Iterable[str], limits: Limits = Limits()) -> Model:
    """The model of the sentences (repeats count), with absolute discounting."""
    cut_up, extra = count(sentences, limits.general_words)
    grams: list[dict[History, Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
    for words in cut_up:
        padded = [START, *words, END]
        for position in range(1, len(padded)):
            for order in range(3):
                if position - order >= 0:
                    grams[order][tuple(padded[position - order : position])][padded[position]] += 1
    model = Model()
    model.follow[()] = _single_words(grams[0][()], extra, limits.general_share)
    model.vocabulary = sorted(word for word in model.follow[()] if word != END)
    for order, least in ((1, limits.least_bigram), (2, limits.least_trigram)):
        for history, followers in sorted(grams[order].items()):
            _add(model, history, followers, least)
    return model


def _single_words(
    counted: Counter[str], extra: list[tuple[str, int]], share: float
) -> dict[str, float]:
    """-ln of each word's own probability; `share` of the whole goes to the everyday words."""
    total = sum(counted.values())
    everyday = sum(math.sqrt(number) for _, number in extra)
    chances = {word: (1 - share) * number / total for word, number in counted.items()}
    for word, number in extra:
        # The root flattens: the talk of newspapers is not the talk of callers.
        chances[word] = chances.get(word, 0.0) + share * math.sqrt(number) / everyday
    return {word: -math.log(chance) for word, chance in sorted(chances.items())}


def _add(model: Model, history: History, followers: Counter[str], least: int) -> None:
    """Add a history's frequent followers; what is left over is the chance of backing off."""
    total = sum(followers.values())
    kept = {word: number for word, number in sorted(followers.items()) if number >= least}
    if not kept or history[1:] not in model.follow:
        return
    lower = {word: math.exp(-model.cost(history[1:], word)) for word in kept}
    chances = {word: (number - _DISCOUNT) / total for word, number in kept.items()}
    # However often the templates repeat themselves, people say it otherwise: a good part of every
    # history's chance goes to what was not seen after it.
    kept_share = min(1.0, (1 - _LEAST_SPARE) / sum(chances.values()))
    chances = {word: chance * kept_share for word, chance in chances.items()}
    spare = 1 - sum(chances.values())
    # The spare chance is shared over all words by the shorter history; kept words get theirs too.
    model.follow[history] = {
        word: -math.log(chance + spare * lower[word]) for word, chance in chances.items()
    }
    model.backoff[history] = -math.log(spare)
