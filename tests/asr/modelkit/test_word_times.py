"""Words' times against where the words were put, and the phones that make them tellable."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from asr.modelkit import phones, wav, word_times


@pytest.fixture
def words(tmp_path: Path) -> dict[str, Path]:
    """Four words: tones of 100 to 400 ms within silence."""
    made = {}
    for number, word in enumerate(("对", "不是", "人工", "没有了"), start=1):
        tone = (9000 * np.sin(np.arange(800 * number) / 3)).astype(np.int16)
        made[word] = tmp_path / f"{number}.wav"
        wav.write(made[word], np.pad(tone, 700))
    return made


def test_words_lie_where_it_is_written_that_they_do(words: dict[str, Path], tmp_path: Path) -> None:
    word_times.compose(words, tmp_path / "a", 3, "seed")
    said = json.loads((tmp_path / "a" / "said.json").read_text("utf-8"))
    assert sorted(said) == ["000", "001", "002"]
    for name, spoken in said.items():
        loud = np.abs(wav.read(tmp_path / "a" / f"{name}.wav").astype(int)) > 200
        assert {word for word, _, _ in spoken} == set(words)
        for _, begin, end in spoken:
            first, last = round(begin * wav.RATE), round(end * wav.RATE)
            assert loud[first:last].mean() > 0.9
            assert not loud[first - 200 : first].any()


def test_a_word_heard_in_parts_late_and_short_is_measured_as_such(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text('{"000": [["不是", 1.0, 1.4], ["人工", 2.0, 2.4]]}')
    heard = [("不", 1.05, 1.2), ("是", 1.2, 1.3), ("转人工", 2.0, 2.4)]
    found = word_times.compare(tmp_path, {"000": heard})
    assert (found.words, found.heard) == (2, 1)
    assert (found.begin_median, found.end_median) == (50, -100)
    assert (found.begin_p95, found.end_p95) == (50, 100)


def test_the_same_word_elsewhere_is_not_the_one_that_was_said(tmp_path: Path) -> None:
    (tmp_path / "said.json").write_text('{"000": [["对", 1.0, 1.4]]}')
    assert word_times.compare(tmp_path, {"000": [("对", 3.0, 3.2)]}).heard == 0


def test_every_place_in_a_word_has_a_phone_of_its_own_with_the_same_output() -> None:
    pytest.importorskip("jieba", reason="the units come from its dictionary")
    whole = phones.spelled(["zh", "uan", "r", "en"])
    alone = phones.spelled(["en"])
    outputs = phones.outputs()
    assert len({*whole, *alone}) == 5
    assert outputs[alone[0] - 1] == outputs[whole[-1] - 1]
    assert [phones.ends_word(phone) for phone in (*whole, *alone)] == [False] * 3 + [True] * 2
    kinds = dict(line.split() for line in phones.word_boundaries().splitlines())
    assert [kinds[str(phone)] for phone in (*whole, *alone)] == [
        *("begin", "internal", "internal", "end"),
        "singleton",
    ]
    assert kinds[str(phones.SILENCE)] == "nonword"
