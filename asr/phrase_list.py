"""A question's phrases as a grammar that libvosk can take without harm.

Only models with a dynamic graph (``HCLr.fst`` and ``Gr.fst``) can be told what to listen for.
libvosk ends its process on an empty list and on anything but strings, and leaves words out
that it does not know; so a list is made here from what the model's ``words.txt`` has, always with
the unknown word, which takes in whatever is none of the phrases. Where that cannot be had, there is
no list, and the whole vocabulary is listened for.

Under a phrase list nothing else is heard, which :mod:`asr.phrased` makes up for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from asr.text import clean

UNKNOWN = "[unk]"
MOST_PHRASES = 5000
_LONGEST_WORD = 12


def takes_phrases(model_dir: Path) -> bool:
    """Whether a model's graph is composed while decoding, so that it can be given phrases."""
    return any(
        (graph / "HCLr.fst").is_file() and (graph / "Gr.fst").is_file()
        for graph in (model_dir / "graph", model_dir)
    )


def read_words(model_dir: Path) -> frozenset[str]:
    """The words that a model knows; none where there is no list of them."""
    for path in (model_dir / "graph" / "words.txt", model_dir / "words.txt"):
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            return frozenset(line.split()[0] for line in lines if line.strip())
    return frozenset()


def phrase_list(phrases: Iterable[str], words: Collection[str]) -> str | None:
    """The grammar (JSON) for ``phrases``, each cut into words that the model knows.

    Phrases with a part that no word covers are left out. None if none is left, if there are too
    many, or if the model has no unknown word.
    """
    if UNKNOWN not in words:
        return None
    cut = (in_words(clean(phrase), words) for phrase in phrases)
    known = list(dict.fromkeys(" ".join(one) for one in cut if one))
    if not known or len(known) > MOST_PHRASES:
        return None
    return json.dumps([*known, UNKNOWN], ensure_ascii=False)


def in_words(phrase: str, words: Collection[str]) -> tuple[str, ...]:
    """``phrase`` as the fewest known words; () where they do not cover it."""
    best: list[tuple[str, ...] | None] = [()]
    for end in range(1, len(phrase) + 1):
        found: tuple[str, ...] | None = None
        for start in range(max(0, end - _LONGEST_WORD), end):
            before, word = best[start], phrase[start:end]
            if before is None or word not in words:
                continue
            if found is None or len(before) + 1 < len(found):
                found = (*before, word)
        best.append(found)
    return best[-1] or ()
