"""The sentences everything is trained on and measured by."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

pytest.importorskip("hsk_sentences_audio", reason="belongs to requirements-build.lock")

from asr.modelkit import project, speech, texts
from asr.modelkit.grammar import Grammar, GrammarError
from asr.modelkit.pinyin import units


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return Grammar.load()


def test_the_same_seed_gives_the_same_sentences(grammar: Grammar) -> None:
    first = texts.sentences(grammar, "sentence", 200, "a")
    assert first == texts.sentences(grammar, "sentence", 200, "a")
    assert first != texts.sentences(grammar, "sentence", 200, "b")


def test_an_excluded_sentence_is_never_emitted(grammar: Grammar) -> None:
    usual = texts.sentences(grammar, "short", 2000, "a")
    excluded = set(usual[:20])
    assert not excluded & set(texts.sentences(grammar, "short", 2000, "a", excluded))


def test_written_lists_keep_the_test_set_and_the_held_out_sentences_apart(tmp_path: Path) -> None:
    tested = ["转人工！", "对，没错。"]
    texts.write(tmp_path, tested, lm_count=3000)
    held_out = set(texts.read(tmp_path, "held_out"))
    assert len(held_out) == 120
    held_out |= set(texts.read(tmp_path, "held_out_numbers"))
    for name in ("domain", "short", "numbers", "digits", "answers", "lm"):
        lines = set(texts.read(tmp_path, name))
        assert not lines & held_out
        assert not lines & {"转人工", "对没错"}


def test_every_phrase_of_the_templates_can_be_spelled(grammar: Grammar) -> None:
    assert [phrase for phrase in grammar.leaves() if units(phrase) is None] == []


def test_every_choice_can_be_expanded(grammar: Grammar) -> None:
    rng = random.Random(0)
    for name in grammar.names():
        for _ in range(20):
            grammar.expand(name, rng)


def test_example_phrases_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "intents.yaml").write_text("phrases: ['(路灯|灯)(坏|不亮)[了]', '无']\n", "utf-8")
    found = project.variants(tmp_path, 20, random.Random(1))
    whole = {a + b + c for a in ("路灯", "灯") for b in ("坏", "不亮") for c in ("了", "")}
    assert set(found) <= whole
    assert len(set(found)) > 4


def test_an_undefined_choice_is_refused_by_name() -> None:
    with pytest.raises(GrammarError, match="greeting speaks of nobody"):
        Grammar({"greeting": ["你好{nobody}"]})


def test_a_choice_that_goes_round_in_a_circle_is_refused() -> None:
    with pytest.raises(GrammarError, match="circle"):
        Grammar({"egg": ["{hen}"], "hen": ["{egg}"]}).expand("egg", random.Random(0))


def test_a_cut_run_of_one_worker_has_every_kind() -> None:
    shards = list(speech.plan(kokoro_shards=44, espeak_shards=0))
    parts = [speech.share(shards, worker, 2) for worker in range(2)]
    assert sorted(s.name for part in parts for s in part) == sorted(s.name for s in shards)
    for part in parts:
        assert {s.kind for s in part[:11]} == {"general", *speech.LISTED}
