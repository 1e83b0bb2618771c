"""Text as a recogniser might write it that hears well and spells badly."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable

from flows.phonetic import fold, sound


class Misreader:
    """Replaces characters by others of the same sound, or of a sound easily confused with it.

    The characters are those of ``texts``; with ``folded``, zh/z, n/l, an/ang and the like are
    confused as well.
    """

    def __init__(self, texts: Iterable[str], *, folded: bool) -> None:
        self._folded = folded
        by_sound: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            heard = sound(text)
            for char, syllable in zip(heard.chars, heard.syllables, strict=True):
                by_sound[self._key(syllable)].add(char)
        self._chars = {key: sorted(chars) for key, chars in by_sound.items()}

    def _key(self, syllable: str) -> str:
        return fold(syllable) if self._folded else syllable

    def misread(self, text: str, share: float, rng: random.Random) -> str:
        """``text`` with ``share`` of its characters misread, where another one sounds so."""
        heard = sound(text)
        written = list(heard.chars)
        for place in rng.sample(range(len(written)), round(share * len(written))):
            others = self._chars[self._key(heard.syllables[place])]
            written[place] = rng.choice([c for c in others if c != written[place]] or others)
        return "".join(written)
