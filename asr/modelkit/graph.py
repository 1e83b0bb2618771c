"""Builds the decoding graph HCLG from the language model and the spelling of its words.

Needs kaldifst, which must never be imported in a process that also imports vosk.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import kaldifst

from asr.modelkit import phones
from asr.modelkit.lm import END, START, History, Model
from asr.modelkit.pinyin import units

_Arc = kaldifst.StdArc
_EPSILON = 0
_NEVER = 1e30


def grammar_fst(model: Model, numbers: dict[str, int], backoff_label: int) -> Any:
    """The language model as an acceptor: a state for each history, `backoff_label` to a shorter."""
    fst = kaldifst.StdVectorFst()
    states: dict[History, int] = {history: fst.add_state() for history in model.follow}
    fst.start = states[(START,)]
    for history, followers in model.follow.items():
        state = states[history]
        for word, cost in followers.items():
            if word == END:
                fst.set_final(state, cost)
                continue
            reached: History = (*history, word)[-2:]
            while reached not in states:
                reached = reached[1:]
            fst.add_arc(state, _Arc(numbers[word], numbers[word], cost, states[reached]))
        if history:
            shorter = history[1:]
            while shorter not in states:
                shorter = shorter[1:]
            cost = model.backoff[history]
            fst.add_arc(state, _Arc(backoff_label, _EPSILON, cost, states[shorter]))
    kaldifst.arcsort(fst, sort_type="ilabel")
    return fst


def lexicon_fst(numbers: dict[str, int], backoff_label: int) -> Any:
    """Spelling to words. Homophones end in a mark of their own.

    Marks are phone numbers above the real ones; the first of them lets back-off arcs through.
    """
    first_mark = phones.count() + 1
    spellings = {word: tuple(phones.spelled(units(word) or ())) for word in numbers}
    shared = Counter(spellings.values())
    used: Counter[tuple[int, ...]] = Counter()
    fst = kaldifst.StdVectorFst()
    loop = fst.add_state()
    fst.start = loop
    fst.set_final(loop, 0.0)
    for word, spelling in spellings.items():
        labels = list(spelling)
        if shared[spelling] > 1:
            used[spelling] += 1
            labels.append(first_mark + used[spelling])
        state = loop
        for position, label in enumerate(labels):
            reached = loop if position == len(labels) - 1 else fst.add_state()
            output = numbers[word] if position == 0 else _EPSILON
            fst.add_arc(state, _Arc(label, output, 0.0, reached))
            state = reached
    fst.add_arc(loop, _Arc(first_mark, backoff_label, 0.0, loop))
    kaldifst.arcsort(fst, sort_type="olabel")
    return fst


class _Transitions:
    """Builds the decoding graph from one of phones and words.

    Within a word the network may say nothing for as long as it likes: the second state of the
    phone `GAP`, which begins no phone, so that a word's phones stay one stretch. Between words
    that is silence, a phone that is entered once: so the words' ends can be told from the lattice,
    and a long silence is not a phone for every frame, which would take half a minute to
    determinise.
    """

    def __init__(self, fst: Any) -> None:
        count = fst.num_states if isinstance(fst.num_states, int) else fst.num_states()
        self._arcs = [
            [(a.ilabel, a.olabel, float(a.weight.value), a.nextstate) for a in _arcs(fst, s)]
            for s in range(count)
        ]
        self._entered: list[set[int]] = [set() for _ in range(count)]
        for arcs in self._arcs:
            for label, _, _, reached in arcs:
                self._entered[reached].add(label if label <= phones.count() else _EPSILON)
        self._entered[fst.start].add(_EPSILON)
        self._graph = kaldifst.StdVectorFst()
        for _ in range(count):
            self._graph.add_state()
        self._costs = [_final_cost(fst, state) for state in range(count)]
        self._between: dict[tuple[int, int], int] = {}
        self._silences: dict[int, int] = {}
        self._start = fst.start

    def build(self) -> Any:
        """The graph with transitions as its inputs."""
        for state, cost in enumerate(self._costs):
            if cost < _NEVER:
                self._graph.set_final(state, cost)
            if self._within_word(state):
                self._graph.add_arc(state, _Arc(phones.GOING_ON, _EPSILON, 0.0, state))
                if (own := self._only_phone(state)) is not None:
                    self._graph.add_arc(state, _Arc(phones.stay(own), _EPSILON, 0.0, state))
            for label, output, weight, reached in self._arcs[state]:
                if label == _EPSILON or label > phones.count():
                    self._graph.add_arc(state, _Arc(_EPSILON, output, weight, reached))
                else:
                    entering = _Arc(phones.enter(label), output, weight, self._via(label, reached))
                    self._graph.add_arc(state, entering)
        self._graph.start = self._graph.add_state()
        self._leave(self._graph.start, self._start)
        kaldifst.connect(self._graph)
        return self._graph

    def _within_word(self, state: int) -> bool:
        return any(label and not phones.ends_word(label) for label in self._entered[state])

    def _only_phone(self, state: int) -> int | None:
        """The phone of all arcs into a state within words, if they have the same."""
        entered = self._entered[state]
        own = next(iter(entered)) if len(entered) == 1 else _EPSILON
        return None if own == _EPSILON else own

    def _via(self, label: int, reached: int) -> int:
        """Where an arc with a phone leads, so that the phone may go on for some frames."""
        ends = phones.ends_word(label)
        if not ends and self._only_phone(reached) is not None:
            return reached
        if (label, reached) not in self._between:
            middle = self._between[label, reached] = self._graph.add_state()
            self._graph.add_arc(middle, _Arc(phones.stay(label), _EPSILON, 0.0, middle))
            if ends:
                self._leave(middle, reached)
            else:
                self._graph.add_arc(middle, _Arc(_EPSILON, _EPSILON, 0.0, reached))
        return self._between[label, reached]

    def _leave(self, middle: int, reached: int) -> None:
        """From the end of a word to the next, at once or after a silence."""
        self._graph.add_arc(middle, _Arc(_EPSILON, _EPSILON, 0.0, reached))
        if reached not in self._silences:
            silence = self._silences[reached] = self._graph.add_state()
            stay = _Arc(phones.stay(phones.SILENCE), _EPSILON, 0.0, silence)
            self._graph.add_arc(silence, stay)
            self._graph.add_arc(silence, _Arc(_EPSILON, _EPSILON, 0.0, reached))
        entering = _Arc(phones.enter(phones.SILENCE), _EPSILON, 0.0, self._silences[reached])
        self._graph.add_arc(middle, entering)


def _final_cost(fst: Any, state: int) -> float:
    final = fst.final(state)
    return float(final.value if hasattr(final, "value") else final)


def _arcs(fst: Any, state: int) -> Any:
    return kaldifst.ArcIterator(fst, state)


def build(model: Model, folder: Path) -> None:
    """Write `HCLG.fst`, `words.txt` and `word_boundary.int` for a language model into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {word: number for number, word in enumerate(model.vocabulary, start=1)}
    backoff_label = len(numbers) + 1
    lexicon = lexicon_fst(numbers, backoff_label)
    grammar = grammar_fst(model, numbers, backoff_label)
    composed = kaldifst.compose(lexicon, grammar)
    kaldifst.determinize_star(composed)
    kaldifst.minimize_encoded(composed)
    graph = _Transitions(composed).build()
    graph.write(str(folder / "HCLG.fst"))
    lines = ["<eps> 0", *(f"{word} {number}" for word, number in numbers.items())]
    (folder / "word_boundary.int").write_text(phones.word_boundaries(), encoding="utf-8")
    (folder / "words.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
