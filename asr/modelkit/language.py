"""From text lists, the project's phrases and general Mandarin to the language model."""

from __future__ import annotations

import random
from pathlib import Path

from asr.modelkit import general, lm, opengram, project, texts
from asr.modelkit.grammar import Grammar

# How often each of the project's phrases counts as said, and how many of what an example phrase
# stands for: enough to be in every table.
_PHRASE_WEIGHT, _VARIANT_WEIGHT, _VARIANTS = 6, 4, 12
# The patterns of emergencies are many, the emergencies few: no more than to be known.
_EMERGENCY_WEIGHT = 1
_NUMBER_WEIGHT = 4
# Most turns of a call answer a question in a word or two, and such answers have the least
# sound to be told apart by: how many of each kind count as said.
_ANSWERS = {
    "affirm": 20_000,
    "deny": 20_000,
    "secret": 6_000,
    "agent": 6_000,
    "control": 8_000,
    "digit": 8_000,
    "phone_digit": 8_000,
    "counted_answer": 3_000,
}


def estimate(
    lists: Path,
    project_data: Path,
    test_set: Path,
    general_folder: Path,
    limits: lm.Limits | None = None,
) -> lm.Model:
    """The model of all that is known, without any sentence of the test set or of those measured."""
    limits = limits or lm.Limits()
    kept_out = {texts.bare(text) for text in texts.read_utterances(test_set)}
    for name in texts.MEASURED:
        kept_out.update(texts.read(lists, name))
    mandarin = opengram.read(general_folder, limits.general_words * 2)
    names = project.phrases(project_data)
    cutter = lm.Cutter(mandarin, names)
    grammar = Grammar.load()
    said = texts.read(lists, "lm") + names * _PHRASE_WEIGHT
    for emergencies, weight in ((False, _VARIANT_WEIGHT), (True, _EMERGENCY_WEIGHT)):
        rng = random.Random(f"variants {emergencies}")
        said += project.variants(project_data, _VARIANTS, rng, emergencies) * weight
    said += texts.read(lists, "numbers") * _NUMBER_WEIGHT
    said += [texts.bare(sentence) for sentence in general.sentences()]
    for name, count in _ANSWERS.items():
        said += texts.sentences(grammar, name, count, f"answers {name}", kept_out)
    return lm.estimate(
        [cutter.cut(sentence) for sentence in said if sentence not in kept_out], mandarin, limits
    )
