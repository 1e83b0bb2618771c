"""Clear Mandarin speech with a known text, with which models are tried and warmed."""

from __future__ import annotations

import io
import wave
from importlib import resources

PROBE_TEXT = "我要转人工"


def probe_pcm() -> bytes:
    """The probe (:data:`PROBE_TEXT`) as 8 kHz 16-bit mono PCM."""
    data = resources.files("asr.data").joinpath("probe.wav").read_bytes()
    with wave.open(io.BytesIO(data)) as probe:
        return bytes(probe.readframes(probe.getnframes()))
