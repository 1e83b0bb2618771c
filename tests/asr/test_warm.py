"""Recognisers are warm before anybody speaks, as many as have lately been needed and a few more."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr.engine import Stream
from asr.vosk_engine import VoskEngine
from tests.asr.sounds import speech

SPARE = 3


@pytest.fixture
def engine(model_dir: Path) -> VoskEngine:
    return VoskEngine(model_dir, spare=SPARE)


def speak(engine: VoskEngine, at_once: int) -> None:
    """So many speak at the same time."""
    streams: list[Stream] = [engine.open() for _ in range(at_once)]
    for stream in streams:
        stream.accept(speech())
    for stream in streams:
        stream.finish()


def test_the_first_callers_find_warm_recognisers(engine: VoskEngine) -> None:
    speak(engine, SPARE)
    assert engine.cold == 0


def test_what_a_crowd_needed_is_kept_for_the_next_one(engine: VoskEngine) -> None:
    speak(engine, SPARE + 4)
    assert engine.cold == 4
    for _ in range(3):
        speak(engine, SPARE + 4)
    assert engine.cold == 4


def test_an_idle_moment_warms_what_is_missing(engine: VoskEngine) -> None:
    streams = [engine.open() for _ in range(SPARE)]
    for _ in range(SPARE):
        engine.top_up()
    speak(engine, SPARE)
    assert engine.cold == 0
    for stream in streams:
        stream.discard()
