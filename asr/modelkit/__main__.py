"""`python -m asr.modelkit build --out FOLDER`: the whole recipe, or one of its steps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asr.modelkit import steps, utterances
from asr.synthesis import kokoro

_MODEL = utterances.ROOT / "asr" / "models" / "zh-8k-synthetic"


def main(arguments: list[str] | None = None) -> int:
    """Read the settings from the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m asr.modelkit", description=__doc__)
    parser.add_argument("step", choices=["build", *steps.STEPS])
    parser.add_argument("--out", type=Path, default=_MODEL, help="model directory to write")
    parser.add_argument("--work", type=Path, default=utterances.ROOT / ".build" / "model")
    parser.add_argument("--kokoro", type=Path, default=kokoro.DEFAULT_FOLDER)
    parser.add_argument("--test-set", type=Path, default=utterances.DEFAULT_TEST_SET)
    parser.add_argument("--rendered", type=Path, default=utterances.DEFAULT_TARGET)
    parser.add_argument("--project-data", type=Path, default=utterances.ROOT / "flows" / "data")
    parser.add_argument("--general", type=Path, default=utterances.ROOT / ".build" / "opengram")
    parser.add_argument("--speech-minutes", type=float, default=steps.Settings.speech_minutes)
    parser.add_argument("--train-minutes", type=float, default=steps.Settings.train_minutes)
    parser.add_argument("--train-steps", type=int, default=steps.Settings.train_steps)
    parser.add_argument("--workers", type=int, default=2, help="processes that synthesise")
    parser.add_argument("--silence-prior", type=float, default=16.0)
    options = vars(parser.parse_args(arguments))
    step = options.pop("step")
    settings = steps.Settings(**options)
    if step == "build":
        steps.build(settings)
    else:
        steps.run(step, settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
