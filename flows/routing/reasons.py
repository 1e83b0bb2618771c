"""Why a sentence was understood as it was: what matched, and what it lost to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from flows.phonetic import sound
from flows.routing.intents import UNKNOWN
from flows.routing.result import Scored

SHORTEST = 2


class Reasons:
    """The evidence for one sentence: its matter and the nearest example of each intent."""

    def __init__(self, matter: str, nearest: Mapping[str, str]) -> None:
        self._matter = matter
        self._nearest = nearest

    def of(self, ranked: Sequence[Scored]) -> Iterator[str]:
        """Lines in Chinese for the ``ranked`` intents: the first, and the one it beat."""
        known = [item for item in ranked if item.intent != UNKNOWN]
        for place, item in enumerate(known[:2]):
            lead = "依据" if place == 0 else "不如前者"
            example = self._nearest.get(item.intent)
            if example is None:
                yield f"{lead}：{item.name}（{item.intent}，{item.score:.2f}），没有相近的例句"
                continue
            words = "、".join(shared(self._matter, example)) or "没有"
            yield (
                f"{lead}：{item.name}（{item.intent}，{item.score:.2f}），"
                f"最近的例句“{example}”，相同的词：{words}"
            )


def shared(text: str, example: str) -> tuple[str, ...]:
    """What ``text`` and ``example`` have in common, longest first.

    Runs of characters, and runs that only sound the same, written as ``text`` has them and
    marked with "音".
    """
    blocks = SequenceMatcher(None, text, example, autojunk=False).get_matching_blocks()
    same = [text[block.a : block.a + block.size] for block in blocks if block.size >= SHORTEST]
    heard, meant = sound(text), sound(example)
    by_sound = SequenceMatcher(None, heard.folded, meant.folded, autojunk=False)
    for block in by_sound.get_matching_blocks():
        run = "".join(heard.chars[block.a : block.a + block.size])
        if block.size >= SHORTEST and not any(run in words or words in run for words in same):
            same.append(f"{run}（音）")
    return tuple(sorted(dict.fromkeys(same), key=len, reverse=True))
