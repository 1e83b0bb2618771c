from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.phonetic import alike, cost, find, fold, similarity, sound, syllables

HANZI = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=12)


def test_reads_digits_letters_and_many_toned_characters() -> None:
    heard = syllables("重庆路12号B栋，长乐")
    assert " ".join(heard) == "chong qing lu yi er hao b dong chang le"


def test_offsets_lead_back_to_the_text() -> None:
    heard = sound("喂，我在 ２栋")
    assert heard.chars == "喂我在二栋"
    assert [heard.text[offset] for offset in heard.offsets] == list("喂我在２栋")


@pytest.mark.parametrize(
    ("one", "other"),
    [("煤气味", "没气味"), ("漏气", "楼气"), ("溺水", "逆水"), ("塌陷", "它陷"), ("廉州", "连州")],
)
def test_homophones_sound_the_same(one: str, other: str) -> None:
    assert similarity(one, other) == 1.0


@pytest.mark.parametrize(
    ("one", "other"),
    [("轻生", "亲生"), ("挪车", "落车"), ("湖南", "福兰"), ("上山", "桑三"), ("工人", "公冷")],
)
def test_confusions_of_guangxi_mandarin_cost_little(one: str, other: str) -> None:
    assert 0.8 < similarity(one, other) < 1.0


def test_unlike_words_are_unlike() -> None:
    assert similarity("社保卡", "营业执照") < 0.4
    assert similarity("社保卡", "") == 0.0


@given(HANZI, HANZI)
def test_similarity_is_symmetric_and_within_bounds(one: str, other: str) -> None:
    there, back = similarity(one, other), similarity(other, one)
    assert there == pytest.approx(back)
    assert 0.0 <= there <= 1.0
    assert similarity(one, one) == 1.0


@given(HANZI.filter(bool))
def test_folding_is_stable_and_costs_little(text: str) -> None:
    for syllable in syllables(text):
        assert fold(fold(syllable)) == fold(syllable)
        assert cost(syllable, fold(syllable)) <= 0.12


def test_finds_the_best_place_in_a_text() -> None:
    match = find(sound("涠洲岛"), sound("我，在围州倒上面，不是涠洲到"))
    assert match is not None
    assert match.score == 1.0
    # Of two places that sound the same, the one with more of the right characters.
    assert (match.start, match.end) == (11, 14)


def test_a_character_read_otherwise_in_other_company_is_still_the_same() -> None:
    match = find(sound("银行卡"), sound("我的赢行卡"))
    assert match is not None
    assert match.score > 0.95


def test_finds_nothing_that_is_too_unlike() -> None:
    assert find(sound("涠洲岛"), sound("社保卡丢了")) is None
    assert find(sound("涠洲岛"), sound("岛")) is None
    assert find(sound(""), sound("岛")) is None


def test_an_insertion_costs_one_syllable() -> None:
    assert alike(("a", "b"), ("a", "x", "b")) == pytest.approx(2 / 3)
