"""A city's own recording in place of a shipped one: is it fit, put it there, take it back.

What was replaced is kept in the folder ``.replaced`` of the prompts' directory, so nothing that
somebody recorded is lost.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from flows.prompts import LONGEST_S
from ivr.speech import levels
from ivr.speech.errors import UnusableWav
from ivr.speech.pcm import (
    Pcm,
    load_wav,
    milliseconds,
    to_float,
    to_pcm,
    wav_bytes,
    write_atomically,
)

KEPT = ".replaced"
# A minute of stereo at 48 kHz.
MOST_BYTES = 12_000_000
# Over A-law a caller strains to hear less, and hears more as a jump from the other prompts.
QUIETEST_DBFS = -40.0
_NEAR_DB = 6.0
_CLIPPED = 0.001
_LONG_SILENCE_S = 1.0

Doubt = Literal["loud", "quiet", "clipped", "long", "silence", "shorter", "longer"]


class Measured(msgspec.Struct, frozen=True):
    """A recording's length in seconds, levels in dBFS, silence at its ends, and ``doubts``.

    "loud"/"quiet": further than 6 dB from the other prompts; "clipped": cut off at full scale;
    "long": beyond what a prompt may last; "silence": more than a second of it at an end;
    "shorter"/"longer": by half than what it replaces, so perhaps other words.
    """

    seconds: float
    loudness: float
    peak: float
    before_s: float
    after_s: float
    doubts: tuple[Doubt, ...] = ()


class NotFit(ValueError):
    """The recording cannot be used; the message says why, in Chinese."""


def fit_id(prompt: str) -> bool:
    """Whether an id can be a file's name."""
    plain = prompt == Path(prompt).name and "\0" not in prompt
    return bool(prompt) and plain and not prompt.startswith(".")


def read(body: bytes, even: bool) -> Pcm:
    """The sound of an uploaded WAV file; ``even``: as loud as the other prompts, silence cut.

    Raises :class:`NotFit`.
    """
    if len(body) > MOST_BYTES:
        raise NotFit(f"文件太大，最多 {MOST_BYTES // 1_000_000} MB")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(body)
        file.flush()
        try:
            pcm = load_wav(Path(file.name))
        except UnusableWav as error:
            raise NotFit(error.cause) from error
    samples = to_float(pcm)
    if levels.active_dbfs(samples) < QUIETEST_DBFS:
        raise NotFit(f"声音太小：{levels.active_dbfs(samples):.0f} dBFS，至少 {QUIETEST_DBFS:.0f}")
    if not even:
        return pcm
    return to_pcm(levels.normalise(levels.trim(samples, 60, 120)))


def measure(pcm: Pcm, replaced: Pcm | None) -> Measured:
    """Lengths and levels, and what a person should listen for."""
    samples = to_float(pcm)
    seconds = milliseconds(pcm) / 1000
    loudness = levels.active_dbfs(samples)
    before, after = levels.edges(samples)
    doubts: list[Doubt] = []
    if loudness > levels.TARGET_DBFS + _NEAR_DB:
        doubts.append("loud")
    if loudness < levels.TARGET_DBFS - _NEAR_DB:
        doubts.append("quiet")
    if float(np.mean(np.abs(samples) > 0.999)) > _CLIPPED:
        doubts.append("clipped")
    if seconds > LONGEST_S:
        doubts.append("long")
    if max(before, after) > _LONG_SILENCE_S:
        doubts.append("silence")
    if replaced is not None and len(replaced):
        ratio = len(pcm) / len(replaced)
        if ratio < 0.5:
            doubts.append("shorter")
        elif ratio > 2:
            doubts.append("longer")
    peak = 20 * float(np.log10(float(np.abs(samples).max()) + 1e-9))
    return Measured(seconds, loudness, peak, before, after, tuple(doubts))


def put(directory: Path, prompt: str, pcm: Pcm, now: datetime) -> None:
    """Make ``pcm`` the city's recording of ``prompt``; what was there is kept. Raises OSError."""
    _keep(directory, prompt, now)
    write_atomically(directory / f"{prompt}.wav", wav_bytes(pcm))


def take_back(directory: Path, prompt: str, now: datetime) -> bool:
    """The shipped recording again; false if none was in its place. Raises OSError."""
    kept = _keep(directory, prompt, now)
    if kept is None:
        return False
    (directory / f"{prompt}.wav").unlink()
    return True


def _keep(directory: Path, prompt: str, now: datetime) -> Path | None:
    present = directory / f"{prompt}.wav"
    if not present.is_file():
        return None
    folder = directory / KEPT
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{prompt}.{now:%Y%m%d-%H%M%S-%f}.wav"
    shutil.copy2(present, kept)
    return kept
