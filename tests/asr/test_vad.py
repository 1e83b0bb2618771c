from __future__ import annotations

import pytest

from asr.settings import VadSettings
from asr.vad import FRAME_BYTES, Vad
from tests.asr.sounds import (
    click,
    cough,
    mix,
    noise,
    over_a_law,
    silence,
    speech,
    tone,
)


def voiced_ms(audio: bytes, settings: VadSettings | None = None) -> list[int]:
    """When (ms) the voiced frames of ``audio`` begin."""
    whole = audio[: len(audio) // FRAME_BYTES * FRAME_BYTES]
    return [at * 20 for at, voiced in enumerate(Vad(settings).frames(whole)) if voiced]


def quieter(audio: bytes, factor: float) -> bytes:
    import numpy as np

    return (np.frombuffer(audio, "<i2") * factor).astype("<i2").tobytes()


def test_silence_is_not_voice() -> None:
    assert voiced_ms(silence(5000)) == []
    assert voiced_ms(over_a_law(silence(5000))) == []


def test_speech_over_a_law_is_voice_where_it_is_spoken() -> None:
    heard = voiced_ms(over_a_law(silence(1000) + speech() + silence(1000)))
    assert 1150 <= heard[0] <= 1350
    assert 2350 <= heard[-1] <= 2700
    assert len(heard) * 20 > 900


@pytest.mark.parametrize("factor", [1.0, 0.3, 0.1])
def test_quiet_speech_is_voice_too(factor: float) -> None:
    audio = over_a_law(silence(1000) + quieter(speech(), factor) + silence(500))
    assert len(voiced_ms(audio)) * 20 > 700


def test_the_detectors_hangover_is_cut_off() -> None:
    heard = voiced_ms(silence(3000) + cough(180) + silence(1000))
    assert len(heard) * 20 <= 200


def test_a_click_is_at_most_two_frames() -> None:
    assert len(voiced_ms(silence(3000) + click() + silence(1000))) <= 2


def test_steady_sounds_become_background() -> None:
    for sound in (noise(10_000, 0.03), tone(10_000), tone(10_000, hertz=100)):
        assert [at for at in voiced_ms(sound) if at > 4000] == []


def test_line_noise_below_the_floor_is_never_voice() -> None:
    assert voiced_ms(noise(5000, 0.0008)) == []


def test_speech_over_noise_that_became_background_is_found() -> None:
    audio = mix(noise(8000, 0.01), speech(), 5000)
    heard = [at for at in voiced_ms(audio) if at > 4000]
    assert 5100 <= heard[0] <= 5400
    assert heard[-1] <= 6700


def test_it_makes_no_difference_how_the_audio_is_cut() -> None:
    audio = mix(noise(6000, 0.002), speech(), 3000)
    vad = Vad()
    piecewise = [
        voiced
        for at in range(0, len(audio), FRAME_BYTES)
        for voiced in vad.frames(audio[at : at + FRAME_BYTES])
    ]
    assert piecewise == Vad().frames(audio)
