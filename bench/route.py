"""Measure routing: ``python -m bench.route [--audio DIR] [--model DIR] [--out DIR]``.

``DIR/<voice>/<nnn>.wav`` holds sentence ``nnn`` of ``bench/data/utterances.tsv``, 8 kHz A-law.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.routing.cases import UTTERANCES, read_cases
from bench.routing.measure import run
from bench.routing.report import write
from flows.knowledge import load_knowledge


def main() -> None:
    """Run it and print the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=UTTERANCES, help="sentences to route")
    parser.add_argument("--audio", type=Path, help="folder of rendered sentences")
    parser.add_argument("--model", type=Path, help="Vosk model (default: the selected one)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    router = load_knowledge().router
    cases = read_cases(options.file)
    outcomes = run(router, cases, "text")
    if options.audio is not None:
        from bench.routing.audio import recognise

        heard = recognise(options.audio, options.model, _progress)
        for voice, texts in heard.items():
            outcomes += run(router, cases, voice, texts)
    print(write(outcomes, options.out))


def _progress(done: int, total: int) -> None:
    print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
