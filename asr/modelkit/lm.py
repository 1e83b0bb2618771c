"""A trigram language model over words: callers' generated sentences mixed with general Mandarin.

What is worth a place in the graph is decided by how much probability would be lost without it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from asr.modelkit.opengram import STOP, General
from asr.modelkit.pinyin import units

START, END = "<s>", "</s>"
NUMERALS = frozenset("零一二三四五六七八九十百千万幺两")
_LONGEST_WORD = 6
# A word's cost where the general model does not know it: less than its hanzi one by one.
_NEW_WORD = 9.0
_NEVER = 30.0
_SHARE_AFTER_NUMERAL = 0.95
# General pairs and triples rarer than this (-ln of their chance in running text) and callers'
# pairs and triples counted less than so often are not even considered.
_RAREST_PAIR, _RAREST_TRIPLE = 15.5, 16.5
_LEAST_PAIR, _LEAST_TRIPLE = 2, 3
History = tuple[str, ...]


class Cutter:
    """Cuts sentences into the likeliest words, but numbers into numerals: their order is free."""

    def __init__(self, general: General, more: Iterable[str] = ()) -> None:
        self._costs = {
            word: cost
            for word, (cost, _) in general.words.items()
            if word != STOP and not is_number(word)
        }
        for word in more:
            if not is_number(word):
                self._costs.setdefault(word, _NEW_WORD)

    def cut(self, sentence: str) -> list[str]:
        """The words of a sentence, in order."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(sentence) + 1):
            options = []
            for start in range(max(0, end - _LONGEST_WORD), end):
                cost = self._costs.get(sentence[start:end])
                if cost is None and end - start == 1:
                    cost = _NEVER
                if cost is not None:
                    options.append((best[start][0] + cost, start))
            best.append(min(options))
        words: list[str] = []
        end = len(sentence)
        while end:
            start = best[end][1]
            words.append(sentence[start:end])
            end = start
        return words[::-1]


def is_number(word: str) -> bool:
    """Whether a word is two or more numerals."""
    return len(word) > 1 and all(hanzi in NUMERALS for hanzi in word)


@dataclass(frozen=True)
class Limits:
    """What is worth a place in the graph."""

    pairs: int = 80_000
    triples: int = 60_000
    domain_share: float = 0.5
    general_words: int = 20_000


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


class Counts:
    """How often words followed histories of no, one and two words, smoothed as Witten and Bell."""

    def __init__(self, sentences: Iterable[list[str]]) -> None:
        self.grams: list[dict[History, Counter[str]]] = [defaultdict(Counter) for _ in range(3)]
        for words in sentences:
            padded = [START, *words, END]
            for position in range(1, len(padded)):
                for order in range(min(position, 2) + 1):
                    history = tuple(padded[position - order : position])
                    self.grams[order][history][padded[position]] += 1
        self._totals = [
            {history: sum(followers.values()) for history, followers in grams.items()}
            for grams in self.grams
        ]

    def chance(self, history: History, word: str) -> float:
        """The probability of a word after a history; zero for a word never seen."""
        lower = self.chance(history[1:], word) if history else 0.0
        followers = self.grams[len(history)].get(history)
        if not followers:
            return lower
        total, kinds = self._totals[len(history)][history], len(followers)
        if not history:
            return followers[word] / total
        return (followers[word] + kinds * lower) / (total + kinds)


class Mixture:
    """The chance of a word by the callers' sentences and by general Mandarin, weighed."""

    def __init__(self, counts: Counts, general: General, share: float) -> None:
        self._counts, self._general, self._share = counts, general, share

    def chance(self, history: History, word: str) -> float:
        """The probability of a word after a history of at most two words."""
        # What follows a numeral is for callers to say: written Mandarin hardly reads out digits.
        after_numeral = bool(history) and history[-1] in NUMERALS
        share = _SHARE_AFTER_NUMERAL if after_numeral else self._share
        as_stop = tuple(STOP if part == START else part for part in history)
        known = math.exp(-self._general.cost(as_stop, STOP if word == END else word))
        return share * self._counts.chance(history, word) + (1 - share) * known


def estimate(sentences: Iterable[list[str]], general: General, limits: Limits = Limits()) -> Model:
    """The model of sentences cut into words (repeats count) and of general Mandarin."""
    counts = Counts(sentences)
    mixture = Mixture(counts, general, limits.domain_share)
    model = Model()
    words = _vocabulary(counts, general, limits.general_words)
    model.vocabulary = sorted(words)
    chances = {word: mixture.chance((), word) for word in (*model.vocabulary, END)}
    total = sum(chances.values())
    model.follow[()] = {word: -math.log(chance / total) for word, chance in chances.items()}
    singles = {word: chance / total for word, chance in chances.items()}
    singles[START] = 1 / 8
    _add(model, mixture, sorted(_pairs(counts, general)), singles, limits.pairs)
    _add(model, mixture, sorted(_triples(counts, general)), singles, limits.triples)
    return model


def _pairs(counts: Counts, general: General) -> set[tuple[History, str]]:
    """The pairs that may be worth a place, as history and word."""
    found = {
        (history, word)
        for history, followers in counts.grams[1].items()
        for word, number in followers.items()
        if number >= _LEAST_PAIR
    }
    for (first, second), (cost, _) in general.pairs.items():
        if general.words[first][0] + cost < _RAREST_PAIR:
            found.add(((_begin(first),), _end(second)))
    return found


def _triples(counts: Counts, general: General) -> set[tuple[History, str]]:
    """The triples that may be worth a place, as history and word."""
    found = {
        (history, word)
        for history, followers in counts.grams[2].items()
        for word, number in followers.items()
        if number >= _LEAST_TRIPLE
    }
    for (first, second, third), cost in general.triples.items():
        before = general.words[first][0] + general.cost((first,), second)
        if before + cost < _RAREST_TRIPLE and second != STOP:
            found.add(((_begin(first), second), _end(third)))
    return found


def _begin(word: str) -> str:
    return START if word == STOP else word


def _end(word: str) -> str:
    return END if word == STOP else word


def _vocabulary(counts: Counts, general: General, most: int) -> set[str]:
    """The words of the sentences and the most frequent ones of general Mandarin, as spelled."""
    seen = {word for word in counts.grams[0][()] if word != END}
    frequent = [word for word in general.words if word != STOP and not is_number(word)]
    # Every hanzi alone, so that a word that is not known can be spelled out.
    hanzi = {word for word in frequent if len(word) == 1}
    return {word for word in seen | hanzi | set(frequent[:most]) if units(word) is not None}


def _add(
    model: Model,
    mixture: Mixture,
    candidates: list[tuple[History, str]],
    singles: dict[str, float],
    most: int,
) -> None:
    """Add the followers of longer histories whose loss would cost most, and the back-offs."""
    known = model.follow[()]
    scored: list[tuple[float, History, str, float]] = []
    for history, word in candidates:
        if word not in known or (history[-1] not in known and history[-1] != START):
            continue
        if len(history) == 2 and (history[:1] not in model.follow or history[0] not in singles):
            continue
        chance = mixture.chance(history, word)
        before = singles.get(history[0], 0.0)
        if len(history) == 2:
            before *= math.exp(-model.cost(history[:1], history[1]))
        lower = math.exp(-model.cost(history[1:], word))
        gain = before * chance * math.log(max(chance / lower, 1e-9))
        if gain > 0:
            scored.append((gain, history, word, chance))
    scored.sort(key=lambda entry: (-entry[0], entry[1], entry[2]))
    followers: dict[History, dict[str, float]] = defaultdict(dict)
    for _, history, word, chance in scored[:most]:
        followers[history][word] = chance
    for history, chances in sorted(followers.items()):
        lower = sum(math.exp(-model.cost(history[1:], word)) for word in chances)
        spare = max(1 - sum(chances.values()), 0.02)
        total = sum(chances.values()) / (1 - spare)
        model.follow[history] = {w: -math.log(c / total) for w, c in sorted(chances.items())}
        model.backoff[history] = -math.log(spare / max(1 - lower, 1e-3))
