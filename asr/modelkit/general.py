"""Everyday words and sentences from packages: breadth of sound, and a floor of vocabulary."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path

_HANZI = re.compile("[\u4e00-\u9fff]{1,4}")
_SENTENCE = re.compile("[\u4e00-\u9fff，。！？、]{3,24}")


@lru_cache(maxsize=1)
def dictionary() -> tuple[tuple[str, int], ...]:
    """(word, how often it was counted) of one to four hanzi, the most frequent first."""
    import jieba

    words = []
    with (Path(jieba.__file__).parent / "dict.txt").open(encoding="utf-8") as file:
        for line in file:
            word, count, _ = line.split()
            if _HANZI.fullmatch(word):
                words.append((word, int(count)))
    return tuple(sorted(words, key=lambda entry: (-entry[1], entry[0])))


@lru_cache(maxsize=1)
def _longer_words() -> tuple[str, ...]:
    return tuple(word for word, count in dictionary() if len(word) > 1 and count > 150)


def word_salad(rng: random.Random) -> str:
    """Three to five unrelated words: nothing that a language model could learn by heart."""
    return "".join(rng.choice(_longer_words()) for _ in range(rng.choice([3, 4, 4, 5])))


@lru_cache(maxsize=1)
def sentences() -> tuple[str, ...]:
    """Everyday sentences with punctuation, from the HSK graded readers' package, without Latin."""
    import hsk_sentences_audio

    found = (entry["chinese"] for entry in hsk_sentences_audio.load_sentences())
    return tuple(text for text in found if _SENTENCE.fullmatch(text))
