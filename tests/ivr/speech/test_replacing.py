"""A city's own recording: what is fit, what a person should listen for, and the way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ivr.speech import levels
from ivr.speech.pcm import Pcm, load_wav, to_float, to_pcm, wav_bytes
from ivr.speech.replacing import (
    KEPT,
    MOST_BYTES,
    Doubt,
    NotFit,
    fit_id,
    measure,
    put,
    read,
    take_back,
)

NOW = datetime(2026, 11, 23, 9, 0)


def tone(seconds: float, level: float, silence: float = 0.0) -> Pcm:
    at = np.arange(int(8000 * seconds)) / 8000
    gap = np.zeros(int(8000 * silence))
    samples = np.concatenate([gap, np.sin(at * 2700) * level, gap])
    return to_pcm(samples.astype(np.float32))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "不完整|不是 WAV"),
        (b"OggS nonsense", "不是 WAV"),
        (wav_bytes(tone(2, 0.2))[:9000], "截断"),
        (wav_bytes(tone(2, 0.0)), "没有声音"),
        (wav_bytes(tone(2, 0.008)), "太小"),
        (wav_bytes(tone(61, 0.2)), "太长"),
        (bytes(MOST_BYTES + 1), "太大"),
    ],
    ids=["empty", "no-wav", "cut", "silent", "faint", "long", "huge"],
)
def test_what_is_not_fit(body: bytes, why: str) -> None:
    with pytest.raises(NotFit, match=why):
        read(body, even=False)


@pytest.mark.parametrize(
    ("pcm", "doubts"),
    [
        (tone(2, 0.14), ()),
        (tone(2, 0.9), ("loud",)),
        (tone(2, 0.04), ("quiet",)),
        (tone(2, 1.5), ("loud", "clipped")),
        (tone(13, 0.14), ("long", "longer")),
        (tone(2, 0.14, silence=1.2), ("silence", "longer")),
        (tone(0.8, 0.14), ("shorter",)),
    ],
    ids=["good", "loud", "quiet", "clipped", "long", "silence", "short"],
)
def test_what_to_listen_for(pcm: Pcm, doubts: tuple[Doubt, ...]) -> None:
    assert measure(pcm, tone(2, 0.14)).doubts == doubts
    # Where nothing is replaced, no length is strange.
    assert "shorter" not in measure(pcm, None).doubts


def test_evened_out_it_is_as_loud_as_the_others() -> None:
    pcm = read(wav_bytes(tone(2, 0.05, silence=1.0)), even=True)
    assert levels.active_dbfs(to_float(pcm)) == pytest.approx(levels.TARGET_DBFS, abs=0.5)
    assert 2.0 <= len(pcm) / 8000 <= 2.3


def test_there_and_back_again(tmp_path: Path) -> None:
    assert not take_back(tmp_path, "greet.notice", NOW)
    first, second = tone(1, 0.2), tone(2, 0.2)
    put(tmp_path, "greet.notice", first, NOW)
    put(tmp_path, "greet.notice", second, NOW + timedelta(seconds=1))
    assert len(load_wav(tmp_path / "greet.notice.wav")) == len(second)
    assert take_back(tmp_path, "greet.notice", NOW + timedelta(seconds=2))
    assert not (tmp_path / "greet.notice.wav").exists()
    kept = sorted((tmp_path / KEPT).iterdir())
    assert [len(load_wav(path)) for path in kept] == [len(first), len(second)]


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "..", "a\0b"])
def test_no_file_outside_the_directory(name: str) -> None:
    assert not fit_id(name)


def test_names_of_prompts_can_be_files() -> None:
    assert fit_id("material.孩子照片（可以不交）") and fit_id("svc.0602.warn.0")
