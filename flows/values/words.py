"""Small sets of phrases, heard by their sound."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from flows.phonetic import sound

_PARTICLES = "啊呀呢吧嘛哦喔噢咯啦咧哈哎唉诶喂嗯呃额"
_PUNCTUATION = re.compile(r"[\s，。？！、；：,.?!;:~…“”\"']+")


def bare(text: str) -> str:
    """``text`` without punctuation, and without particles at either end."""
    plain = _PUNCTUATION.sub("", text)
    return plain.strip(_PARTICLES) or plain


@lru_cache(maxsize=4096)
def _key(text: str) -> tuple[str, ...]:
    return sound(text).folded


class Phrases:
    """A set of phrases that mean the same. Built once, used for every utterance."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.texts = tuple(dict.fromkeys(phrases))
        self._keys = {_key(text) for text in self.texts}
        self._long = tuple(text for text in self.texts if len(text) >= 2)

    def whole(self, text: str) -> bool:
        """Whether ``text`` is one of the phrases and nothing else, by its sound."""
        plain = bare(text)
        return bool(plain) and _key(plain) in self._keys

    def inside(self, text: str) -> bool:
        """Whether one of the phrases stands in ``text``; two characters must be exact."""
        if any(phrase in text for phrase in self._long):
            return True
        heard = " " + " ".join(_key(bare(text))) + " "
        return any(len(key) >= 3 and f" {' '.join(key)} " in heard for key in self._keys)


def words(text: str) -> tuple[str, ...]:
    """The words of a list written with spaces and line breaks."""
    return tuple(text.split())
