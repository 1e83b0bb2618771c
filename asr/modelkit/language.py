"""From text lists and the project's phrases to the language model."""

from __future__ import annotations

from pathlib import Path

from asr.modelkit import lm, project, texts
from asr.modelkit.grammar import Grammar

# How often each of the project's phrases counts as said: enough to be in every table.
_PHRASE_WEIGHT = 6
# Most turns of a call answer a question in a word or two, and such answers have the least
# sound to be told apart by: how many of each kind count as said.
_ANSWERS = {"affirm": 20_000, "deny": 20_000, "secret": 6_000, "agent": 6_000, "control": 8_000}


def estimate(
    lists: Path,
    project_data: Path,
    test_set: Path,
    limits: lm.Limits | None = None,
) -> lm.Model:
    """The model of generated sentences and phrases, without any sentence of the test set."""
    tested = {texts.bare(text) for text in texts.read_utterances(test_set)}
    phrases = [phrase for phrase in project.phrases(project_data) if phrase not in tested]
    grammar = Grammar.load()
    answers = [
        answer
        for name, count in _ANSWERS.items()
        for answer in texts.sentences(grammar, name, count, f"answers {name}", tested)
    ]
    sentences = texts.read(lists, "lm") + phrases * _PHRASE_WEIGHT + answers
    return lm.estimate(sentences, limits or lm.Limits())
