"""Builds the decoding graph HCLG from the language model and the spelling of its words.

Needs kaldifst, which must never be imported in a process that also imports vosk.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import kaldifst

from asr.modelkit.lm import END, START, History, Model
from asr.modelkit.pinyin import inventory, units

_Arc = kaldifst.StdArc
_EPSILON = 0


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


def lexicon_fst(numbers: dict[str, int], phones: dict[str, int], backoff_label: int) -> Any:
    """Spelling to words. Homophones and beginnings of other words end in a mark of their own.

    Marks are phone numbers above the real ones; the first of them lets back-off arcs through.
    """
    first_mark = len(phones) + 1
    spellings = {word: tuple(units(word) or ()) for word in numbers}
    shared = Counter(spellings.values())
    beginnings = {s[:end] for s in spellings.values() for end in range(1, len(s))}
    used: Counter[tuple[str, ...]] = Counter()
    fst = kaldifst.StdVectorFst()
    loop = fst.add_state()
    fst.start = loop
    fst.set_final(loop, 0.0)
    for word, spelling in spellings.items():
        labels = [phones[unit] for unit in spelling]
        if shared[spelling] > 1 or spelling in beginnings:
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


def with_transitions(fst: Any, phone_count: int) -> Any:
    """Phones to the transitions of their one-state models, marks to nothing.

    In every state silence may go on for ever, by its self-loop alone. It must not be its entering
    transition: that would count every silent frame as a phone of its own, and the lattice of a
    long silence would take half a minute to determinise. A state that all arcs enter with the same
    phone p carries p's self-loop itself; any other arc gets a state in between for that.
    """
    count = fst.num_states if isinstance(fst.num_states, int) else fst.num_states()
    entered: list[set[int]] = [set() for _ in range(count)]
    arcs = [
        [(arc.ilabel, arc.olabel, float(arc.weight.value), arc.nextstate) for arc in _arcs(fst, s)]
        for s in range(count)
    ]
    for state_arcs in arcs:
        for label, _, _, reached in state_arcs:
            entered[reached].add(label if label <= phone_count else _EPSILON)
    entered[fst.start].add(_EPSILON)
    graph = kaldifst.StdVectorFst()
    for _ in range(count):
        graph.add_state()
    graph.start = fst.start
    between: dict[tuple[int, int], int] = {}
    for state in range(count):
        final = fst.final(state)
        cost = float(final.value if hasattr(final, "value") else final)
        if cost < 1e30:
            graph.set_final(state, cost)
        graph.add_arc(state, _Arc(1, _EPSILON, 0.0, state))
        if len(entered[state]) == 1 and (own := next(iter(entered[state]))) != _EPSILON:
            graph.add_arc(state, _Arc(2 * own - 1, _EPSILON, 0.0, state))
        for label, output, weight, reached in arcs[state]:
            if label == _EPSILON or label > phone_count:
                graph.add_arc(state, _Arc(_EPSILON, output, weight, reached))
                continue
            target = reached
            if len(entered[reached]) > 1:
                if (label, reached) not in between:
                    middle = between[label, reached] = graph.add_state()
                    graph.add_arc(middle, _Arc(2 * label - 1, _EPSILON, 0.0, middle))
                    graph.add_arc(middle, _Arc(_EPSILON, _EPSILON, 0.0, reached))
                target = between[label, reached]
            graph.add_arc(state, _Arc(2 * label, output, weight, target))
    kaldifst.connect(graph)
    return graph


def _arcs(fst: Any, state: int) -> Any:
    return kaldifst.ArcIterator(fst, state)


def build(model: Model, folder: Path) -> None:
    """Write `HCLG.fst` and `words.txt` for a language model into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {word: number for number, word in enumerate(model.vocabulary, start=1)}
    phones = {unit: number for number, unit in enumerate(inventory(), start=1)}
    backoff_label = len(numbers) + 1
    lexicon = lexicon_fst(numbers, phones, backoff_label)
    grammar = grammar_fst(model, numbers, backoff_label)
    composed = kaldifst.compose(lexicon, grammar)
    kaldifst.determinize_star(composed)
    kaldifst.minimize_encoded(composed)
    graph = with_transitions(composed, len(phones))
    graph.write(str(folder / "HCLG.fst"))
    lines = ["<eps> 0", *(f"{word} {number}" for word, number in numbers.items())]
    (folder / "words.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
