"""What people ordinarily say: characters that make ordinary words are what they seem to be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from pypinyin.constants import PHRASES_DICT

from flows.phonetic import sound

# Two characters side by side in this many ordinary texts are taken for a word.
TEXTS = 3
LONGEST = 4
# Side by side with anything: they make no word.
PARTICLES = frozenset("了的在是有我你他她们不就都也很到着过把被给要没个一这那吗呢啊去来说")


class Ordinary:
    """The words of some harmless texts, and those of the dictionary."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        plain = [sound(text).chars for text in texts]
        self._texts = "\n".join(plain)
        pairs = Counter(chain.from_iterable(_pairs(text) for text in plain))
        self._words = {pair for pair, count in pairs.items() if count >= TEXTS}

    def explains(self, chars: str, span: tuple[int, int], wrong: Sequence[int]) -> bool:
        """Whether the characters at ``wrong`` within ``span`` may be just what was said.

        They are if the whole span stands in a harmless text, or one of them belongs to a word.
        """
        if chars[slice(*span)] in self._texts:
            return True
        return any(self._in_word(chars, at) for at in wrong)

    def _in_word(self, chars: str, at: int) -> bool:
        for size in range(2, LONGEST + 1):
            for start in range(max(0, at - size + 1), min(at, len(chars) - size) + 1):
                word = chars[start : start + size]
                if word in self._words or word in PHRASES_DICT:
                    return True
        return False


def _pairs(text: str) -> set[str]:
    return {
        text[at : at + 2]
        for at in range(len(text) - 1)
        if not PARTICLES.intersection(text[at : at + 2])
    }
