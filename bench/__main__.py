"""Every measurement in turn: ``python -m bench``, or only some: ``python -m bench route asr_cost``.

Each runs in a process of its own, so that none disturbs the figures of another, and keeps its
table in ``bench/results``. The last line says which failed; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
UTTERANCES = ROOT / ".build" / "eval" / "utterances"
BENCHES = {
    "route": "routing of written and, where they are rendered, spoken sentences",
    "emergencies": "emergencies heard in many wordings, and false alarms",
    "values": "numbers, dates, plates and names heard through the model",
    "accuracy": "how well recordings are heard: of one's own with --audio DIR",
    "asr_cost": "what hearing costs: 20 callers at once",
    "expecting": "short answers with and without re-ranking by what was asked",
    "phrases": "short answers with and without phrase lists, on a model that takes them",
    "opinions": "satisfied, solved, or not: answers of citizens and what is made of them",
    "soak": "10,000 utterances through one decoder process: half an hour at most",
    "sip_load": "what a call costs on the line: 20 calls at once",
    "a_year": "the board and the search of calls over a year of calls in the database",
    "operators": "the operators' queue in fast time, against Erlang C",
    "turnaround": "how quickly the hotline reacts: 100 turns of each kind, several minutes",
}


def arguments(bench: str) -> list[str]:
    """What a bench is started with."""
    if bench in ("route", "accuracy") and UTTERANCES.is_dir():
        return ["--audio", str(UTTERANCES)]
    return []


def run(bench: str, given: Sequence[str] = ()) -> bool:
    """Run one bench with its output on the terminal; whether it came through.

    ``given`` takes the place of the usual arguments.
    """
    chosen = list(given) or arguments(bench)
    if bench == "accuracy" and not chosen:
        _say(f"accuracy: no recordings in {UTTERANCES}; give some with --audio DIR")
        return True
    command = [sys.executable, "-m", f"bench.{bench}", *chosen]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main(given: list[str] | None = None) -> int:
    """Run what is named, everything by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="*", help=", ".join(BENCHES))
    options, more = parser.parse_known_args(given)
    if len(options.name) != 1 and more:
        parser.error(f"{' '.join(more)}: only one bench at a time takes arguments of its own")
    if more and options.name[0] in BENCHES:
        return 0 if run(options.name[0], more) else 1
    names = options.name or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser.error(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    failed = []
    for number, name in enumerate(names, start=1):
        _say(f"[{number}/{len(names)}] {name}: {BENCHES[name]}")
        began = time.monotonic()
        came_through = run(name)
        if not came_through:
            failed.append(name)
        _say(f"{name}: {'done' if came_through else 'FAILED'}, {time.monotonic() - began:.0f} s\n")
    if failed:
        _say(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
