from __future__ import annotations

from flows.values.words import Phrases, bare, words


def test_bare_text_has_no_particles_and_no_punctuation() -> None:
    assert bare("，嗯，转人工吧。") == "转人工"
    assert bare("啊") == "啊"
    assert bare("") == ""


def test_a_whole_phrase_is_heard_by_its_sound() -> None:
    phrases = Phrases(["转人工", "人工"])
    assert phrases.whole("专人工")
    assert phrases.whole("转人公啊")
    assert not phrases.whole("转人工湖")
    assert not phrases.whole("")


def test_inside_needs_exact_characters_for_short_phrases() -> None:
    phrases = Phrases(["保密", "不要告诉别人"])
    assert phrases.inside("要给我保密哦")
    assert not phrases.inside("这个报米")
    assert phrases.inside("千万不要告诉别人是我")
    assert phrases.inside("千万不要高诉别人是我")


def test_words() -> None:
    assert words("a b\n c") == ("a", "b", "c")
