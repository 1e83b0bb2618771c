"""What two sentences can have in common: runs of characters and runs of syllables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flows.phonetic import Sounded

CHARACTERS = (1.0, 1.3, 1.0)
SYLLABLES = (0.5, 1.3, 1.0)
SKIPPING = 0.7


def features(sounded: Sounded) -> dict[str, float]:
    """The features of a text, each with the weight of its sort.

    Runs of one to three characters, and of as many syllables with the common confusions
    folded together; pairs of syllables around a third. The latter survive a recognition error.
    """
    found: dict[str, float] = {}
    chars, folded = sounded.chars, sounded.folded
    for size, weight in enumerate(CHARACTERS, start=1):
        for start in range(len(chars) - size + 1):
            found[chars[start : start + size]] = weight
    for size, weight in enumerate(SYLLABLES, start=1):
        for start in range(len(folded) - size + 1):
            found["~" + " ".join(folded[start : start + size])] = weight
    for before, after in zip(folded, folded[2:], strict=False):
        found[f"~{before} _ {after}"] = SKIPPING
    return found


class Fillers:
    """Takes out what callers say around their matter: greetings, "I want to ask", particles."""

    def __init__(self, words: Iterable[str], corrections: Mapping[str, str]) -> None:
        self._words: Sequence[str] = sorted(set(words), key=len, reverse=True)
        self._corrections = dict(corrections)

    def clean(self, text: str) -> str:
        """``text`` without punctuation and with known misreadings put right."""
        text = "".join(char for char in text if char.isalnum())
        for wrong, right in self._corrections.items():
            text = text.replace(wrong, right)
        return text

    def strip(self, text: str) -> str:
        """A clean text without fillers; one of nothing but fillers is returned whole."""
        rest = text
        for word in self._words:
            rest = rest.replace(word, "")
        return rest or text
