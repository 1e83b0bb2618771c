from __future__ import annotations

import pytest

from asr.text import clean, is_word, join_spaced, join_words


def test_words_are_joined_without_spaces() -> None:
    assert join_words(["我", "要", "转人工"]) == "我要转人工"
    assert join_spaced(" 我 要  转人工 ") == "我要转人工"


@pytest.mark.parametrize("token", ["[unk]", "<eps>", "<UNK>", "[SPN]", "SIL", "!SIL", "#0", ""])
def test_what_is_not_speech_is_dropped(token: str) -> None:
    assert not is_word(token)
    assert join_words(["你", token, "好"]) == "你好"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("嗯嗯嗯我想问", "嗯我想问"),
        ("那个那个路灯坏了", "那个路灯坏了"),
        ("喂喂喂喂", "喂"),
        ("幺三八零零零零", "幺三八零零零零"),
        ("人人都说好好的", "人人都说好好的"),
        ("", ""),
    ],
)
def test_repeated_fillers_become_one_and_nothing_else_does(said: str, written: str) -> None:
    assert clean(said) == written
