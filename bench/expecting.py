"""Short answers with and without re-ranking by what the dialogue has asked.

    python -m bench.expecting [--show]

espeak-ng says each answer that a question expects, in three voices, clean and in noise, through
A-law, to the shipped model. "Right" is the first reading being the answer that was said (a
number: its digits). Harm is looked for in the same way: every answer is also heard under all
the questions that it does not answer, and, where they have been rendered, whole sentences of
callers are heard under every question: none of them may become an expected answer.
"""

from __future__ import annotations

import random
import sys
import wave
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import soxr

from asr.engine import BYTES_PER_SECOND, SAMPLE_RATE, Engine, Result
from asr.expecting import Expected, rerank
from asr.modelkit import espeak
from asr.modelkit.g711 import through_a_law
from asr.selection import default_model_dir
from asr.vosk_engine import VoskEngine
from bench.__main__ import UTTERANCES
from bench.report import Table
from flows.dialogue.state import ALWAYS
from flows.phonetic import similarity
from flows.values.digits import spoken_digits

# What questions of the dialogue expect (flows/dialogue, the gazetteer's counties).
QUESTIONS = {
    "is that right": ("对", "对的", "是的", "都对"),
    "do you agree": ("同意", "不同意"),
    "go on": ("继续", "不用了"),
    "anything else": ("没有了", "谢谢", "再见"),
    "which day": ("第一个", "第二个", "第三个", "换一天"),
    "the code": ("没收到", "重新发"),
    "which county": ("海城区", "银海区", "铁山港区", "合浦县"),
    "confidential": ("需要", "不需要", "不用", "保密"),
    "the number": ("不记得", "不知道", "换一个号码"),
    "are you safe": ("没事了", "还需要"),
}
NUMBERS = 20
SEED = 4
VOICES = (("", 200), ("+f2", 220), ("+m3", 240))
NOISES_DB = {
    "clean": None,
    "noise 15 dB below": 15.0,
    "noise 8 dB below": 8.0,
    "noise 3 dB below": 3.0,
}
SENTENCES = 120
SILENCE_S = 0.4


class Said(msgspec.Struct, frozen=True):
    """What was said to which question."""

    question: str
    said: str


class Heard(Said, frozen=True):
    """Also in which noise, and what the recogniser made of it."""

    noise: str
    result: Result


def expected_of(question: str) -> Expected:
    """What the dialogue expects there."""
    if question == "number":
        return Expected(ALWAYS, digits=11)
    return Expected((*QUESTIONS[question], *ALWAYS))


def line_sound(samples: np.ndarray, noise_db: float | None, seed: int) -> bytes:
    """8 kHz samples as they come over the line, with silence around them."""
    quiet = np.zeros(int(SILENCE_S * SAMPLE_RATE), np.float32)
    sound = np.concatenate([quiet, samples * 0.5 / max(1e-6, float(np.abs(samples).max())), quiet])
    if noise_db is not None:
        level = float(np.sqrt(np.mean(samples**2))) * 0.5 / float(np.abs(samples).max())
        chance = np.random.default_rng(seed)
        sound = sound + chance.normal(0, level * 10 ** (-noise_db / 20), len(sound))
    line = through_a_law((np.clip(sound, -1, 1) * 32767).astype(np.int16))
    return bytes(np.asarray(line).astype("<i2").tobytes())


def recognise(engine: Engine, pcm: bytes, phrases: Sequence[str] = ()) -> Result:
    """One utterance."""
    stream = engine.open(phrases)
    for at in range(0, len(pcm), BYTES_PER_SECOND // 10):
        stream.accept(pcm[at : at + BYTES_PER_SECOND // 10], partial=False)
    return stream.finish()


def answers() -> list[tuple[str, str]]:
    """Every question with each of its answers."""
    chance = random.Random(SEED)
    said = [(question, one) for question, texts in QUESTIONS.items() for one in texts]
    said += [("do you agree", one) for one in ALWAYS]
    digits = "零幺二三四五六七八九"
    for _ in range(NUMBERS):
        number = "1" + "".join(str(chance.randrange(3, 10)) for _ in range(10))
        said.append(("number", "".join(digits[int(one)] for one in number)))
    return said


def spoken(text: str, variant: str, speed: int, noise_db: float | None, seed: int) -> bytes:
    """A text by espeak-ng in one of its voices, as it comes over the line."""
    samples, rate = espeak.shared().speak(text, variant, speed)
    return line_sound(soxr.resample(samples, rate, SAMPLE_RATE), noise_db, seed)


def answer_sounds(noise: str) -> Iterator[tuple[Said, bytes]]:
    """All answers in all voices, in one of the noises."""
    for number, (question, text) in enumerate(answers()):
        for variant, speed in VOICES:
            yield Said(question, text), spoken(text, variant, speed, NOISES_DB[noise], number)


def hear_answers(engine: Engine) -> list[Heard]:
    """All answers, in all voices and noises."""
    return [
        Heard(one.question, one.said, noise, recognise(engine, pcm))
        for noise in NOISES_DB
        for one, pcm in answer_sounds(noise)
    ]


def sentence_sounds() -> list[bytes]:
    """Some of the callers' sentences that were rendered for evaluation."""
    files = sorted(UTTERANCES.rglob("*.wav"))
    sounds = []
    for path in random.Random(SEED).sample(files, min(SENTENCES, len(files))):
        with wave.open(str(path)) as file:
            if file.getframerate() == SAMPLE_RATE:
                sounds.append(file.readframes(file.getnframes()))
    return sounds


def is_right(one: Said, text: str) -> bool:
    """Whether ``text`` is what was said."""
    if one.question == "number":
        return spoken_digits(text) == spoken_digits(one.said)
    return text == one.said


def turned(result: Result, said: str, expected: Expected) -> bool:
    """Whether re-ranking made an expected answer of something that does not sound like it."""
    text = rerank(result, expected).text
    return text != result.text and text in expected.answers and similarity(said, text) < 0.75


def main() -> None:
    """Measure, print and keep."""
    engine = VoskEngine(default_model_dir())
    heard = hear_answers(engine)
    table = Table(
        "expecting", ("kind", "noise", "answers", "right without", "right with", "made wrong")
    )
    for kind in ("short answers", "11-digit numbers"):
        for noise in NOISES_DB:
            of_it = [
                one
                for one in heard
                if one.noise == noise and (one.question == "number") == (kind != "short answers")
            ]
            pairs = [
                (
                    is_right(one, one.result.text),
                    is_right(one, rerank(one.result, expected_of(one.question)).text),
                )
                for one in of_it
            ]
            without, with_it = (sum(column) for column in zip(*pairs, strict=True))
            worse = sum(before and not after for before, after in pairs)
            share = f"{without / len(pairs):.1%}", f"{with_it / len(pairs):.1%}"
            table.add(kind, noise, len(pairs), *share, worse)
    if "--show" in sys.argv:
        for one in heard:
            after = rerank(one.result, expected_of(one.question))
            if after.text != one.result.text or not is_right(one, after.text):
                print(one.said, one.noise, (one.result.text, *one.result.alternatives), after.text)
    others = [
        (one.result, one.said, question)
        for one in heard
        for question in QUESTIONS
        if one.question != question and one.said not in expected_of(question).answers
    ]
    wrong = sum(turned(result, said, expected_of(question)) for result, said, question in others)
    sentences = [recognise(engine, pcm) for pcm in sentence_sounds()]
    of_sentences = sum(
        rerank(result, expected_of(question)).text != result.text
        for result in sentences
        for question in (*QUESTIONS, "number")
    )
    table.note("Synthetic speech: espeak-ng in three voices through A-law, white noise; an engine")
    table.note(f"that the model has also learnt from. Model: {default_model_dir().name}.")
    table.note(
        f"Harm: of {len(others)} answers heard under a question that they do not answer, {wrong} "
        f"became an expected answer that they do not sound like; of {len(sentences)} whole "
        f"sentences (Kokoro), each under {len(QUESTIONS) + 1} questions, {of_sentences} changed."
    )
    table.write()


if __name__ == "__main__":
    main()
