"""How well models hear recordings of one's own: ``python -m bench accuracy --audio DIR``.

    python -m bench accuracy --audio DIR [--manifest FILE] [--model NAME ...] [--keywords FILE]

``DIR`` holds WAV files with a .txt beside each, or a ``manifest.tsv`` with the columns path,
text, and any of condition, speaker, intent, keywords (a|b) and kind (human or synthetic).
``--model`` names installed models or directories, several for a comparison. The keywords of a
file that names none are those of ``--keywords`` (one a line), or else the hotline's own short
phrases, that its text holds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asr.engine import AsrError
from asr.library import find
from asr.selection import default_model_dir
from bench.hearing.clips import FolderError, read_clips
from bench.hearing.decode import hear
from bench.hearing.report import write
from bench.hearing.scores import Outcome, outcome
from flows.knowledge import Knowledge, load_knowledge

RESULTS = Path(__file__).parent / "results"
_PHRASE = range(2, 6)


def own_phrases(knowledge: Knowledge) -> list[str]:
    """The hotline's own phrases of two to five characters, longest first."""
    found = {text for intent in knowledge.intents.values() for text in intent.examples}
    return sorted((t for t in found if len(t) in _PHRASE), key=lambda t: (-len(t), t))


def measure(
    audio: Path, manifest: Path | None, models: list[Path], keywords: list[str]
) -> list[Outcome]:
    """Every file heard by every model. Raises ``FolderError`` or ``AsrError``."""
    clips = read_clips(audio, manifest)
    knowledge = load_knowledge()
    words = keywords or own_phrases(knowledge)
    outcomes: list[Outcome] = []
    for model in models:
        print(f"{model.name}: {len(clips)} files", file=sys.stderr, flush=True)
        heard = hear(model, [clip.path for clip in clips], _progress)
        outcomes += [
            outcome(model.name, clip, one, words, knowledge.router)
            for clip, one in zip(clips, heard, strict=True)
        ]
    return outcomes


def main(given: list[str] | None = None) -> int:
    """Measure, print, keep; 1 with a sentence on standard error where that cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m bench accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--audio", type=Path, required=True, help="folder of recordings")
    parser.add_argument("--manifest", type=Path, help="TSV; default: manifest.tsv in the folder")
    parser.add_argument("--model", nargs="+", default=[], help="names or directories")
    parser.add_argument("--data-dir", type=Path, default=Path("data"), help="installed models")
    parser.add_argument("--keywords", type=Path, help="words that matter, one a line")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--name", default="accuracy", help="name of the result's files")
    options = parser.parse_args(given)
    try:
        models = [find(name, options.data_dir) for name in options.model]
        keywords = options.keywords.read_text("utf-8").split() if options.keywords else []
        outcomes = measure(
            options.audio,
            options.manifest,
            models or [default_model_dir(options.data_dir)],
            keywords,
        )
    except (FolderError, AsrError, OSError, UnicodeDecodeError) as error:
        print(f"accuracy cannot be measured:\n{error}", file=sys.stderr)
        return 1
    title = f"How well is heard: {options.audio.resolve().name}"
    print(write(title, outcomes, options.out, options.name))
    return 0


def _progress(done: int, total: int) -> None:
    if done % 20 == 0 or done == total:
        end = "\n" if done == total else ""
        print(f"\r{done}/{total}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
