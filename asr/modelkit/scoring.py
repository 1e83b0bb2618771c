"""How far what was heard is from what was said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asr.modelkit.pinyin import syllables
from asr.modelkit.texts import bare


def distance(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one into the other."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(said, start=1):
        above = row[0]
        row[0] = i
        for j, b in enumerate(heard, start=1):
            best = min(row[j] + 1, row[j - 1] + 1, above + (a != b))
            above, row[j] = row[j], best
    return row[-1]


@dataclass(frozen=True)
class Score:
    """Error counts over some utterances."""

    utterances: int = 0
    characters: int = 0
    character_errors: int = 0
    syllable_errors: int = 0
    exact: int = 0

    @property
    def character_error_rate(self) -> float:
        """Wrong hanzi per hanzi said."""
        return self.character_errors / max(1, self.characters)

    @property
    def syllable_error_rate(self) -> float:
        """Wrong toneless syllables per syllable said: what a search by sound would still miss."""
        return self.syllable_errors / max(1, self.characters)

    @property
    def exact_share(self) -> float:
        """Utterances without any error."""
        return self.exact / max(1, self.utterances)


def score(pairs: Iterable[tuple[str, str]]) -> Score:
    """The score of (said, heard) pairs; spaces and punctuation do not count."""
    total = Score()
    for said, heard in pairs:
        said, heard = bare(said), bare(heard)
        wrong = distance(said, heard)
        by_sound = distance(syllables(said) or said, syllables(heard) or heard)
        total = Score(
            total.utterances + 1,
            total.characters + len(said),
            total.character_errors + wrong,
            total.syllable_errors + by_sound,
            total.exact + (wrong == 0),
        )
    return total
