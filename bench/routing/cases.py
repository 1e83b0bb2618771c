"""The test sentences and how they are divided."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

UTTERANCES = Path(__file__).parent.parent / "data" / "utterances.tsv"


class Case(msgspec.Struct, frozen=True):
    """One sentence and the intent that a person gave it; ``number`` counts from 0."""

    number: int
    text: str
    intent: str

    @property
    def kind(self) -> str:
        """The first part of the intent."""
        return self.intent.split(".", 1)[0]

    @property
    def held_out(self) -> bool:
        """Whether this is in the third nobody looks at while tuning; fixed by its text."""
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % 3 == 0


def read_cases(path: Path = UTTERANCES) -> list[Case]:
    """The sentences of a TSV with the columns utterance, intent and (optional) notes."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [
        Case(number, *line.split("\t")[:2]) for number, line in enumerate(lines) if line.strip()
    ]
