"""Opinions said aloud: what the recogniser and the phrase lists make of them.

    python -m bench.opinions [--show]

espeak-ng says each answer to the questions of satisfaction and of follow-ups in three voices,
clean and in noise, through A-law, to the shipped model, re-ranked as in a call. "Right" is the
value that was meant, "asked again" none at all, "worse" and "better" a wrong value: better than
what was meant is the one that must not happen.
"""

from __future__ import annotations

import sys

import msgspec
import soxr

from asr.engine import SAMPLE_RATE, Engine
from asr.expecting import Expected, rerank
from asr.modelkit import espeak
from asr.selection import default_model_dir
from asr.vosk_engine import VoskEngine
from bench.expecting import NOISES_DB, VOICES, line_sound, recognise
from bench.report import Table
from flows.dialogue.data import load_flow_data
from flows.dialogue.satisfaction import WORDS
from flows.dialogue.state import ALWAYS
from flows.opinion import Opinions

SAID = {
    "satisfaction": {
        "满意": ("满意", "很满意", "非常满意", "满意的", "不错"),
        "基本满意": ("基本满意", "还可以", "一般"),
        "不满意": ("不满意", "很不满意", "不太满意", "太差了"),
    },
    "solved": {
        "解决": ("解决了", "已经解决了", "处理好了", "修好了"),
        "部分解决": ("部分解决", "解决了一部分", "没有完全解决"),
        "未解决": ("没有解决", "没解决", "还没有", "没人来"),
    },
}
EXPECT = {
    "satisfaction": (*WORDS, *ALWAYS),
    "solved": ("解决了", "部分解决", "没有解决", "没解决", *ALWAYS),
}


class Heard(msgspec.Struct, frozen=True):
    """An answer, what was heard, and the value that it was given ("": asked again)."""

    scale: str
    meant: str
    said: str
    noise: str
    text: str
    value: str


def heard(engine: Engine, opinions: Opinions) -> list[Heard]:
    """All answers, in all voices and noises."""
    talker = espeak.shared()
    found = []
    for scale, values in SAID.items():
        hears = opinions.satisfaction if scale == "satisfaction" else opinions.solved
        expected = Expected(EXPECT[scale])
        for meant, texts in values.items():
            for number, text in enumerate(texts):
                for variant, speed in VOICES:
                    samples, rate = talker.speak(text, variant, speed)
                    samples = soxr.resample(samples, rate, SAMPLE_RATE)
                    for noise, below in NOISES_DB.items():
                        result = recognise(engine, line_sound(samples, below, number))
                        result = rerank(result, expected)
                        value = hears.heard(result.text)
                        found.append(Heard(scale, meant, text, noise, result.text, value))
    return found


def verdict(one: Heard, order: tuple[str, ...]) -> str:
    """How the value given stands to the one meant."""
    if one.value == one.meant:
        return "right"
    if not one.value:
        return "asked again"
    return "better" if order.index(one.value) < order.index(one.meant) else "worse"


def main() -> None:
    """Measure, print and keep."""
    opinions = load_flow_data().opinions
    engine = VoskEngine(default_model_dir())
    found = heard(engine, opinions)
    names = ("right", "asked again", "worse", "better")
    table = Table("opinions", ("question", "noise", "answers", *names))
    for scale in SAID:
        order = tuple(SAID[scale])
        for noise in NOISES_DB:
            mine = [one for one in found if (one.scale, one.noise) == (scale, noise)]
            verdicts = [verdict(one, order) for one in mine]
            table.add(scale, noise, len(mine), *(verdicts.count(name) for name in names))
    table.note("Synthetic speech: espeak-ng in three voices through A-law, white noise; an engine")
    table.note(f"that the model has also learnt from. Model: {default_model_dir().name}.")
    table.note('"better": a better opinion than was given, which must not happen.')
    table.write()
    if "--show" in sys.argv:
        for one in found:
            if one.value != one.meant:
                print(f"{one.noise}: {one.said} -> {one.text!r} -> {one.value or 'asked again'}")


if __name__ == "__main__":
    main()
