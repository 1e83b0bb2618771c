"""Any reasonable WAV file becomes telephone audio; an unreasonable one is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.speech import levels
from ivr.speech.errors import UnusableWav
from ivr.speech.pcm import RATE, load_wav, milliseconds, read_own, to_float, to_pcm, write_wav


def sine(hertz: float, seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    wave = 0.4 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def loudest_hertz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(
    ("channels", "subtype"),
    [(1, "PCM_16"), (2, "PCM_24"), (1, "FLOAT"), (1, "ALAW"), (2, "ULAW"), (1, "PCM_U8")],
)
def test_any_rate_channels_and_coding_are_converted(
    tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    path = tmp_path / "prompt.wav"
    soundfile.write(path, sine(1000, 1.0, rate, channels), rate, subtype=subtype)
    pcm = load_wav(path)
    assert abs(milliseconds(pcm) - 1000) <= 1
    assert abs(loudest_hertz(to_float(pcm)) - 1000) < 3
    assert abs(float(np.abs(to_float(pcm[800:-800])).max()) - 0.4) < 0.03


def test_what_the_telephone_cannot_carry_does_not_fold_back(tmp_path: Path) -> None:
    path = tmp_path / "prompt.wav"
    both = sine(1000, 1.0, 48000) + sine(5000, 1.0, 48000)
    soundfile.write(path, both, 48000)
    spectrum = np.abs(np.fft.rfft(to_float(load_wav(path))[:RATE]))
    assert spectrum[3000] < spectrum[1000] / 1000


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "不完整"),
        (b"RIFF", "不完整"),
        (b"ID3" + bytes(500), "不是 WAV"),
        (b"OggS" + bytes(500), "不是 WAV"),
    ],
)
def test_what_is_no_wav_is_named(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "greet.wav"
    path.write_bytes(content)
    with pytest.raises(UnusableWav, match=cause) as caught:
        load_wav(path)
    assert "greet.wav" in str(caught.value)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "greet.wav"
    soundfile.write(path, sine(1000, 1.0, 16000), 16000)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnusableWav, match="截断"):
        load_wav(path)


def test_too_long_silent_and_absent_are_refused(tmp_path: Path) -> None:
    long, silent = tmp_path / "long.wav", tmp_path / "silent.wav"
    soundfile.write(long, sine(500, 61.0, 8000), 8000)
    soundfile.write(silent, np.zeros(8000), 8000)
    with pytest.raises(UnusableWav, match="太长：61 秒"):
        load_wav(long)
    with pytest.raises(UnusableWav, match="没有声音"):
        load_wav(silent)
    with pytest.raises(UnusableWav, match=r"none\.wav"):
        load_wav(tmp_path / "none.wav")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "own.wav"
    pcm = np.arange(-400, 400, dtype=np.int16)
    write_wav(path, pcm)
    assert np.array_equal(read_own(path), pcm)
    assert path.stat().st_mode & 0o777 == 0o600
    assert soundfile.info(path).samplerate == RATE


@pytest.mark.parametrize("gain", [0.01, 0.1, 0.5, 1.0])
def test_speech_is_made_equally_loud_and_never_clips(gain: float) -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, 3 * RATE) * gain
    noise[RATE : 2 * RATE] = 0
    done = levels.normalise(noise.astype(np.float32))
    assert abs(levels.active_dbfs(done) - levels.TARGET_DBFS) < 0.7
    assert float(np.abs(done).max()) <= 10 ** (levels.PEAK_DBFS / 20) + 1e-6


def test_silence_around_speech_is_cut_to_its_margins() -> None:
    speech = np.concatenate([np.zeros(4000), sine(400, 1.0, RATE)[:, 0], np.zeros(6000)]).astype(
        np.float32
    )
    cut = levels.trim(speech, before_ms=60, after_ms=120)
    assert abs(len(cut) / RATE - 1.18) <= 0.02
    before, after = levels.edges(cut)
    assert abs(before - 0.06) <= 0.01
    assert abs(after - 0.12) <= 0.01


def test_loud_samples_are_cut_not_wrapped() -> None:
    assert list(to_pcm(np.array([2.0, -2.0, 0.0], dtype=np.float32))) == [32767, -32768, 0]
