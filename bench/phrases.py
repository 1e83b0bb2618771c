"""A question's answers as phrase lists for the recogniser, with and without re-ranking.

    python -m bench.phrases [--model DIR]

Needs a model whose graph is composed while decoding; the shipped model with its own language model
in that form is written by `python -m asr.modelkit.dynamic .build/dynamic` (two minutes). The same
answers in the same voices and noises as `expecting`. Harm is looked for with whole sentences of
callers, rendered by another synthesiser, each under every question's list: what is heard then is
compared with what is heard without a list.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

from asr.engine import BYTES_PER_SECOND, Engine, Result
from asr.expecting import rerank
from asr.phrase_list import takes_phrases
from asr.vosk_engine import VoskEngine
from bench.__main__ import ROOT
from bench.expecting import (
    NOISES_DB,
    QUESTIONS,
    SEED,
    VOICES,
    answer_sounds,
    expected_of,
    is_right,
    recognise,
    sentence_sounds,
    spoken,
)
from bench.report import Table
from flows.dialogue.data import load_flow_data
from flows.dialogue.state import ALWAYS
from ivr.equip import always_heard

MODEL = ROOT / ".build" / "dynamic"


FLOW_DATA = load_flow_data()
ALSO = always_heard(FLOW_DATA)
ALARMS = 150


def phrases_of(question: str) -> Sequence[str]:
    """What the recogniser is given at a question, as the line gives it."""
    return (*QUESTIONS[question], *ALWAYS, *ALSO)


def timed(engine: Engine, pcm: bytes, phrases: Sequence[str] = ()) -> tuple[Result, float]:
    """One utterance, and the processor seconds that it took."""
    began = time.process_time()
    result = recognise(engine, pcm, phrases)
    return result, time.process_time() - began


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="python -m bench phrases", description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    model: Path = parser.parse_args(given).model
    if not takes_phrases(model):
        print(f"phrases: {model} has no dynamic graph; make one as `--help` says")
        return 0
    engine = VoskEngine(model)
    columns = ("noise", "answers", "right without", "re-ranked", "with lists", "with both")
    table = Table("phrases", (*columns, "processor time with lists"))
    for noise in NOISES_DB:
        right, cost, count = [0, 0, 0, 0], [0.0, 0.0], 0
        for one, pcm in answer_sounds(noise):
            if one.question == "number":
                continue
            count += 1
            for listed, phrases in enumerate(((), phrases_of(one.question))):
                result, took = timed(engine, pcm, phrases)
                cost[listed] += took
                again = rerank(result, expected_of(one.question))
                for position, text in enumerate((result.text, again.text)):
                    right[2 * listed + position] += is_right(one, text)
        shares = (f"{hits / count:.1%}" for hits in right)
        table.add(noise, count, *shares, f"x {cost[1] / cost[0]:.2f}")
    _harm(engine, table, model)
    _alarms(engine, table)
    table.write()
    return 0


def _harm(engine: Engine, table: Table, model: Path) -> None:
    """What lists do to who says something else."""
    sounds = sentence_sounds()
    pick = random.Random(SEED)
    changed = narrowed = 0
    cost, seconds = [0.0, 0.0], 0.0
    for pcm in sounds:
        phrases = phrases_of(pick.choice(list(QUESTIONS)))
        wide, took = timed(engine, pcm)
        cost[0] += took
        listed, took = timed(engine, pcm, phrases)
        cost[1] += took
        seconds += len(pcm) / BYTES_PER_SECOND
        changed += listed.text != wide.text
        narrowed += listed.text != wide.text and listed.text in phrases
    table.note("Synthetic speech: answers by espeak-ng in three voices through A-law, white noise;")
    table.note(f"sentences by Kokoro. Model: {model.name}, composed while decoding.")
    table.note(
        f"Harm: of {len(sounds)} whole sentences, each under one question's "
        f"list, {changed} were heard differently, {narrowed} of them as one of the list; they cost "
        f"x {cost[1] / cost[0]:.2f} of the processor time without ({seconds:.0f} s of speech)."
        if sounds
        else "Harm was not looked for: no sentences are rendered."
    )


def _alarms(engine: Engine, table: Table) -> None:
    """Whether an emergency is heard at any question: each list has the words of all of them."""
    words = sorted({word for kind in FLOW_DATA.emergency_words.values() for word in kind})
    pick = random.Random(SEED)
    heard = [0, 0]
    for number, word in enumerate(pick.sample(words, ALARMS)):
        variant, speed = VOICES[number % len(VOICES)]
        pcm = spoken(word, variant, speed, None, number)
        question = pick.choice(list(QUESTIONS))
        for listed, phrases in enumerate(((), phrases_of(question))):
            heard[listed] += word in recognise(engine, pcm, phrases).text
    table.note(
        f"Emergencies: of {ALARMS} of their words, said alone as an answer, {heard[0]} were heard "
        f"right without a list and {heard[1]} under a question's."
    )


if __name__ == "__main__":
    raise SystemExit(main())
