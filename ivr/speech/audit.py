"""Measure the recordings: ``python -m ivr.speech.audit [--model DIR]``, a report for people.

With a recognition model every prompt is also heard back, over A-law, and compared with its
words: by character, and by syllable without tone, which forgives homophones. The model's own
errors are part of the figure, so it shows which recordings to listen to, no more.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import numpy as np
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from asr.engine import Engine
from ivr.speech import levels
from ivr.speech.index import read_index, script
from ivr.speech.pcm import Pcm, read_own, to_float
from ivr.speech.prompts import SHIPPED, TONES, shipped_file

log = logging.getLogger(__name__)

_MARKS = "，。？！|"
_PAD = bytes(8000)
_WORST = 25


class Measured(msgspec.Struct, frozen=True):
    """One recording: lengths in seconds, levels in dBFS, errors and lengths of what was heard."""

    id: str
    said: str
    seconds: float
    loudness: float
    peak: float
    margins: tuple[float, float]
    heard: str = ""
    characters: int = 0
    wrong_characters: int = 0
    syllables: int = 0
    wrong_syllables: int = 0


def measure(name: str, text: str, pcm: Pcm, engine: Engine | None) -> Measured:
    """Measure one recording, and hear it back when there is an engine."""
    samples = to_float(pcm)
    said = "".join(script(text)).translate({ord(mark): None for mark in _MARKS}) if text else ""
    peak = 20 * np.log10(float(np.abs(samples).max()) + 1e-9)
    plain = Measured(
        id=name,
        said=said,
        seconds=len(pcm) / 8000,
        loudness=levels.active_dbfs(samples),
        peak=float(peak),
        margins=levels.edges(samples),
    )
    if engine is None or not said:
        return plain
    stream = engine.open()
    stream.accept(_PAD)
    stream.accept(_over_alaw(pcm).tobytes())
    stream.accept(_PAD)
    heard = stream.finish().text
    sounds, echoed = lazy_pinyin(said), lazy_pinyin(heard)
    return msgspec.structs.replace(
        plain,
        heard=heard,
        characters=len(said),
        wrong_characters=Levenshtein.distance(said, heard),
        syllables=len(sounds),
        wrong_syllables=Levenshtein.distance(sounds, echoed),
    )


def _over_alaw(pcm: Pcm) -> Pcm:
    """The loss of a telephone call: companded to 8 bits with A = 87.6 and back."""
    x = to_float(pcm).astype(np.float64)
    a = 87.6
    scale = 1 + np.log(a)
    size = np.abs(x)
    small = size < 1 / a
    coded = np.where(small, a * size, 1 + np.log(np.maximum(a * size, 1e-12))) / scale
    coded = np.round(coded * 127) / 127
    back = np.where(coded < 1 / scale, coded * scale, np.exp(coded * scale - 1)) / a
    return np.asarray(np.round(np.sign(x) * back * 32767), dtype=np.int16)


def measure_all(directory: Path, engine: Engine | None) -> Iterator[Measured]:
    """Every recording of a directory, tones apart."""
    for name, entry in sorted(read_index(directory).recordings.items()):
        if name not in TONES:
            # A single word out of any sentence is beyond a recogniser of sentences.
            ear = None if name.startswith("unit.") else engine
            pcm = read_own(shipped_file(directory, name))
            yield measure(name, entry.text, pcm, ear)


def report(found: list[Measured]) -> str:
    """The figures as text: prompts and single words apart, then what to listen to."""
    lines: list[str] = []
    for title, part in (
        ("prompts", [one for one in found if not one.id.startswith("unit.")]),
        ("units", [one for one in found if one.id.startswith("unit.")]),
    ):
        if part:
            lines.extend(_summary(title, part))
    worst = sorted(found, key=lambda one: -one.wrong_syllables / max(1, one.syllables))
    for one in worst[:_WORST]:
        if one.wrong_syllables:
            lines.append(f"  {one.id}: {one.said} -> {one.heard}")
    return "\n".join(lines)


def _summary(title: str, part: list[Measured]) -> list[str]:
    paces = [one.seconds / len(one.said) for one in part if one.said]
    margins = [max(one.margins) for one in part]
    lines = [
        f"{title}: {len(part)} recordings, {sum(one.seconds for one in part):.0f} s",
        f"  longest {max(one.seconds for one in part):.1f} s, "
        f"s per character {min(paces):.2f}-{max(paces):.2f}",
        f"  loudness {min(one.loudness for one in part):.1f} to "
        f"{max(one.loudness for one in part):.1f} dBFS, "
        f"highest peak {max(one.peak for one in part):.1f} dBFS, "
        f"longest silence at an end {max(margins):.2f} s",
    ]
    characters, syllables = sum(one.characters for one in part), sum(one.syllables for one in part)
    if characters:
        wrong = sum(one.wrong_characters for one in part) / characters
        unsound = sum(one.wrong_syllables for one in part) / syllables
        lines.append(f"  heard back: {wrong:.1%} of characters wrong, {unsound:.1%} of syllables")
    return lines


@click.command()
@click.option("--model", type=Path, help="A Vosk model directory to hear the recordings with.")
@click.option("--audio", type=Path, default=SHIPPED, help="The recordings.")
def main(model: Path | None, audio: Path) -> None:
    """Measure every shipped recording."""
    engine: Engine | None = None
    if model is not None:
        from asr.vosk_engine import VoskEngine

        engine = VoskEngine(model, alternatives=0, spare=1)
    click.echo(report(list(measure_all(audio, engine))))


if __name__ == "__main__":
    sys.exit(main())
