"""From text lists and the project's phrases to the language model."""

from __future__ import annotations

from pathlib import Path

from asr.modelkit import lm, project, texts

# How often each of the project's phrases counts as said: enough to be in every table.
_PHRASE_WEIGHT = 6


def estimate(
    lists: Path,
    project_data: Path,
    test_set: Path,
    limits: lm.Limits | None = None,
) -> lm.Model:
    """The model of generated sentences and phrases, without any sentence of the test set."""
    tested = {texts.bare(text) for text in texts.read_utterances(test_set)}
    phrases = [phrase for phrase in project.phrases(project_data) if phrase not in tested]
    sentences = texts.read(lists, "lm") + phrases * _PHRASE_WEIGHT
    return lm.estimate(sentences, limits or lm.Limits())
