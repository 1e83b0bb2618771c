"""Emergencies heard, by kind and manner of speaking, and false alarms.

Run ``python -m bench.emergencies``; ``--show`` prints the errors of the tuning part.

The sentences were written for this purpose, by one person, without real calls: the shares say
how the patterns generalise to wordings that they were not written from, not how callers speak.
A third, chosen by the hash of the sentence, is held out: patterns are never changed by it.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from flows.emergency import EmergencyDetector
from flows.knowledge import load_knowledge

WORDINGS = Path(__file__).parent / "data" / "emergency_wordings.tsv"
RESULTS = Path(__file__).parent / "results" / "emergencies.md"
NONE = "-"


class Wording(msgspec.Struct, frozen=True):
    """A sentence, the kind of emergency it tells of ("-" none), and how it is said."""

    text: str
    kind: str
    manner: str

    @property
    def held_out(self) -> bool:
        """Whether it is in the third that nothing is changed by."""
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % 3 == 0


class Heard(msgspec.Struct, frozen=True):
    """What the detector made of a wording ("-" nothing)."""

    wording: Wording
    kind: str

    @property
    def alarm(self) -> bool:
        """Whether an emergency was heard, of whatever kind."""
        return self.kind != NONE


def read_wordings(path: Path = WORDINGS) -> list[Wording]:
    """The sentences of the file."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [Wording(*line.split("\t")) for line in lines if line.strip()]


def hear(detector: EmergencyDetector, wordings: Iterable[Wording]) -> list[Heard]:
    """Every sentence heard once."""
    found = []
    for wording in wordings:
        hit = detector.detect(wording.text)
        found.append(Heard(wording, hit.kind if hit is not None else NONE))
    return found


def table(rows: Iterable[Heard]) -> list[str]:
    """The figures as lines of Markdown."""
    heard = list(rows)
    lines = [
        "| part | emergencies | heard | of the right kind | harmless | false alarms |",
        "|---|---|---|---|---|---|",
    ]
    for name, part in (
        ("tuning", [one for one in heard if not one.wording.held_out]),
        ("held out", [one for one in heard if one.wording.held_out]),
        ("all", heard),
    ):
        urgent = [one for one in part if one.wording.kind != NONE]
        calm = [one for one in part if one.wording.kind == NONE]
        alarms = sum(one.alarm for one in urgent)
        right = sum(one.kind == one.wording.kind for one in urgent)
        lines.append(
            f"| {name} | {len(urgent)} | {alarms} ({alarms / len(urgent):.1%}) | {right} "
            f"({right / len(urgent):.1%}) | {len(calm)} | {sum(one.alarm for one in calm)} |"
        )
    return lines


def by(rows: Iterable[Heard], attribute: str) -> list[str]:
    """Heard and missed by kind or by manner, emergencies only."""
    total: Counter[str] = Counter()
    alarms: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in rows:
        if one.wording.kind == NONE:
            continue
        name = getattr(one.wording, attribute)
        total[name] += 1
        alarms[name] += one.alarm
        right[name] += one.kind == one.wording.kind
    lines = [f"| {attribute} | sentences | heard | right kind |", "|---|---|---|---|"]
    return lines + [f"| {key} | {n} | {alarms[key]} | {right[key]} |" for key, n in total.items()]


def main() -> None:
    """Measure, write the report; with ``--show``, print the tuning part's errors."""
    heard = hear(load_knowledge().detector, read_wordings())
    if "--show" in sys.argv:
        for one in heard:
            if not one.wording.held_out and one.kind != one.wording.kind:
                print(f"{one.wording.kind:18} {one.kind:18} {one.wording.text}")
    report = [
        "# Emergencies heard and not heard",
        "",
        (__doc__ or "").split("\n\n", 2)[2].strip(),
        "",
        *table(heard),
        "",
        *by(heard, "kind"),
        "",
        *by(heard, "manner"),
        "",
    ]
    print("\n".join(table(heard)))
    RESULTS.write_text("\n".join(report), encoding="utf-8")


if __name__ == "__main__":
    main()
