"""Transcript lines: clean text, word times, and secrets."""

from __future__ import annotations

from adapters.model import Line, TimedWord
from asr.engine import Word
from ivr.call.transcript import Transcript

WORDS = (Word("嗯", 0.5, 0.7), Word("电话", 0.7, 1.1), Word("幺三八零零一二三四五六", 1.1, 3.3))
SAID = "嗯电话幺三八零零一二三四五六"


def transcript() -> Transcript:
    return Transcript(lambda line: None)


def test_recognised_words_give_clean_text_and_times_on_the_recording() -> None:
    made = transcript()
    made.add("caller", SAID, 10.5, 13.3, words=WORDS, words_from=10.0)
    (line,) = made.lines
    assert (line.text, line.clean) == (SAID, "电话13800123456。")
    assert line.words[1] == TimedWord("电话", 10.7, 11.1)
    assert line.clean_words == (
        TimedWord("电话", 10.7, 11.1),
        TimedWord("13800123456。", 11.1, 13.3),
    )


def test_words_move_with_their_line() -> None:
    made = transcript()
    made.add("caller", SAID, 0.5, 3.3, words=WORDS)
    made.shift(-2.0)
    (line,) = made.lines
    assert (line.start, line.words[0].start, line.clean_words[0].start) == (-1.5, -1.5, -1.3)


def test_lines_without_words_have_no_clean_text() -> None:
    made = transcript()
    made.add("hotline", "您好", 0.0, 1.0)
    made.add_keys("1", 2.0, masked=False)
    assert [(line.clean, line.words, line.clean_words) for line in made.lines] == [
        ("", (), ()),
        ("", (), ()),
    ]


def test_a_secret_stands_neither_in_hanzi_nor_in_figures_nor_in_the_words() -> None:
    for secret in ("幺三八零零一二三四五六", "13800123456"):
        made = transcript()
        made.hide(secret)
        made.add("caller", SAID, 10.5, 13.3, words=WORDS, words_from=10.0)
        (line,) = made.lines
        assert "****" in line.text and "****" in line.clean
        for gone in ("幺三八", "138"):
            assert gone not in f"{line.text}{line.clean}"
        assert (line.words, line.clean_words) == ((), ())


def test_listeners_hear_of_each_line_as_it_is_kept() -> None:
    heard: list[Line] = []
    made = Transcript(heard.append)
    made.add("caller", SAID, 0.5, 3.3, words=WORDS)
    assert heard == list(made.lines)
