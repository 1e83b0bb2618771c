"""A small prompt library made of tones: every recording has its own frequency."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.speech.index import Entry, Index, identity, prompt_identity, write_index
from ivr.speech.pcm import RATE, Pcm, to_pcm, write_wav
from ivr.speech.prompts import TONES
from ivr.speech.vocabulary import units

PROMPTS = {
    "greet": "您好，请说您要办什么。",
    "number.is": "工单号是",
    "county.450502": "海城区",
}


def tone(hertz: float, ms: int) -> Pcm:
    """A sine at a quarter of full scale."""
    time = np.arange(RATE * ms // 1000) / RATE
    return to_pcm((0.25 * np.sin(2 * np.pi * hertz * time)).astype(np.float32))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of ``PROMPTS``, all units and tones: no two sound alike."""
    directory = tmp_path_factory.mktemp("audio")
    entries: dict[str, Entry] = {}
    wanted = {name: (text, prompt_identity(text)) for name, text in PROMPTS.items()}
    wanted |= {unit.id: (unit.word, identity(unit.said, unit.speed)) for unit in units()}
    wanted |= {name: ("", identity(name)) for name in TONES}
    for number, (name, (text, digest)) in enumerate(wanted.items()):
        ms = 200 + number % 7
        write_wav(directory / f"{name}.wav", tone(300 + 5 * number, ms))
        entries[name] = Entry(text, digest, ms)
    write_index(directory, Index(recordings=entries))
    return directory
