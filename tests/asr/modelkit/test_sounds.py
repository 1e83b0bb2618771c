"""Units of sound, the two laws of G.711, features and scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asr.modelkit import augment, g711, wav
from asr.modelkit.features import BINS, fbank
from asr.modelkit.pinyin import split_syllable, syllables, units
from asr.modelkit.scoring import distance, score


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [
        ("zhuang", ["zh", "uang"]),
        ("zhi", ["zh", "ii"]),
        ("si", ["s", "ii"]),
        ("ji", ["j", "i"]),
        ("qu", ["q", "v"]),
        ("yuan", ["y", "van"]),
        ("lv", ["l", "v"]),
        ("wo", ["w", "o"]),
        ("er", ["er"]),
        ("a", ["a"]),
    ],
)
def test_a_syllable_is_an_initial_and_a_final(syllable: str, expected: list[str]) -> None:
    assert split_syllable(syllable) == expected


def test_telephone_one_is_read_yao() -> None:
    assert units("幺二零") == ["y", "ao", "er", "l", "ing"]


def test_letters_are_said_by_their_names() -> None:
    assert syllables("桂E五") == ("gui", "yi", "wu")
    assert units("X") == units("艾克斯")


def test_what_is_not_hanzi_has_no_reading() -> None:
    assert syllables("12345") is None
    assert syllables("") is None


def test_coding_twice_changes_nothing_more() -> None:
    samples = np.arange(-32768, 32768, dtype=np.int32).astype(np.int16)
    for law in (g711.through_a_law, g711.through_mu_law):
        once = law(samples)
        assert np.array_equal(law(once), once)
        assert np.all(np.diff(once.astype(int)) >= 0)


def test_silence_stays_within_one_step_of_a_law() -> None:
    assert set(g711.through_a_law(np.zeros(10, dtype=np.int16))) == {8}


def test_a_tone_is_loudest_in_the_band_it_belongs_to() -> None:
    time = np.arange(8000) / 8000
    low = fbank(8000 * np.sin(2 * np.pi * 300 * time)).mean(axis=0)
    high = fbank(8000 * np.sin(2 * np.pi * 3000 * time)).mean(axis=0)
    assert low.shape == (BINS,)
    assert low.argmax() < 12 < 30 < high.argmax()


def test_features_come_a_hundred_a_second() -> None:
    assert fbank(np.zeros(8000, dtype=np.int16)).shape == (98, BINS)
    assert fbank(np.zeros(100, dtype=np.int16)).shape == (0, BINS)


def test_g722_gives_back_nearly_what_it_was_given() -> None:
    pytest.importorskip("G722", reason="belongs to requirements-build.lock")
    tone = (8000 * np.sin(np.arange(8000) / 5)).astype(np.int16)
    errors = [
        np.std(tone - augment.through_g722(tone, rate).astype(float)) for rate in (64000, 48000)
    ]
    assert 0 < errors[0] < errors[1] < 800


def test_the_telephone_keeps_sound_within_16_bits() -> None:
    pytest.importorskip("G722", reason="belongs to requirements-build.lock")
    rng = np.random.default_rng(1)
    speech = (8000 * np.sin(np.arange(12000) / 5)).astype(np.float32)
    for _ in range(50):
        heard = augment.telephone(speech, rng, [speech])
        assert np.isfinite(heard).all()
        assert np.abs(heard).max() <= 32768


def test_sound_comes_back_from_a_file_as_it_was_written(tmp_path: Path) -> None:
    samples = np.array([0, 1, -1, 32767, -32768], dtype=np.int16)
    wav.write(tmp_path / "a.wav", samples)
    assert np.array_equal(wav.read(tmp_path / "a.wav"), samples)


def test_distance_counts_the_fewest_changes() -> None:
    assert distance("路灯坏了", "路灯坏") == 1
    assert distance("路灯坏了", "") == 4
    assert distance("", "路灯") == 2
    assert distance("ab", "ba") == 2


def test_homophones_are_wrong_characters_and_right_syllables() -> None:
    found = score([("侨港，路灯。", "乔港路灯"), ("转人工", "转人工")])
    assert (found.characters, found.character_errors, found.syllable_errors) == (7, 1, 0)
    assert found.exact_share == 0.5


def test_a_shorter_throat_raises_the_formants() -> None:
    tone = 8000 * np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    plain = fbank(tone).mean(axis=0).argmax()
    assert fbank(tone, 0.88).mean(axis=0).argmax() < plain < fbank(tone, 1.12).mean(axis=0).argmax()
