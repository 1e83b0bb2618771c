"""Renders the test set as telephone sound: `python -m asr.modelkit.utterances`.

Writes `<folder>/<voice>/<nnn>.wav`, where nnn counts the test set's rows from 000, and
`<folder>/index.tsv` with number, intent and text. What is there already is kept.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from asr.modelkit import g711, pinyin, speech, wav
from asr.synthesis.kokoro import DEFAULT_FOLDER, Kokoro

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_TEST_SET = ROOT / "bench" / "data" / "utterances.tsv"
DEFAULT_TARGET = ROOT / ".build" / "eval" / "utterances"
VOICES = (*speech.HELD_OUT_VOICES, "zf_xiaobei", "zm_yunjian")


def read_rows(path: Path) -> list[tuple[str, str]]:
    """(text, intent) of each row of the test set."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [(row[0], row[1]) for row in rows if len(row) > 1 and not row[0].startswith("#")]


def kokoro_voice(engine: Kokoro, voice: str) -> Callable[[str], speech.Samples]:
    """A function from text to telephone sound with one of Kokoro's voices."""

    def speak(text: str) -> speech.Samples:
        # The pace varies a little, as callers do, and is the same each time for a text.
        pace = random.Random(voice + text).uniform(0.95, 1.15)
        samples, rate = engine.speak(pinyin.letters_as_hanzi(text), voice=voice, speed=pace)
        return g711.through_a_law(speech.to_telephone_rate(samples, rate))

    return speak


def render(texts: Sequence[str], speak: Callable[[str], speech.Samples], folder: Path) -> None:
    """Speak each text into `<folder>/<nnn>.wav`, unless that file exists."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        path = folder / f"{number:03d}.wav"
        if not path.exists():
            wav.write(path, speak(text))


def main(arguments: list[str] | None = None) -> int:
    """Render the test set with every voice asked for."""
    parser = argparse.ArgumentParser(prog="python -m asr.modelkit.utterances", description=__doc__)
    parser.add_argument("--utterances", type=Path, default=DEFAULT_TEST_SET, help="test set (TSV)")
    parser.add_argument("--to", type=Path, default=DEFAULT_TARGET, help="folder to fill")
    parser.add_argument("--voices", nargs="+", default=list(VOICES))
    parser.add_argument("--kokoro", type=Path, default=DEFAULT_FOLDER, help="synthesiser's folder")
    options = parser.parse_args(arguments)
    rows = read_rows(options.utterances)
    options.to.mkdir(parents=True, exist_ok=True)
    index = [f"{number:03d}\t{intent}\t{text}" for number, (text, intent) in enumerate(rows)]
    (options.to / "index.tsv").write_text("\n".join(index) + "\n", encoding="utf-8")
    engine = Kokoro(options.kokoro)
    for voice in options.voices:
        render([text for text, _ in rows], kokoro_voice(engine, voice), options.to / voice)
        print(f"{voice}: {len(rows)} utterances", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
