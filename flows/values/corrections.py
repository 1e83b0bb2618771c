"""Answers in which the caller takes something back: "幺三九，不对，幺三八"."""

from __future__ import annotations

import re
from collections.abc import Callable

_MARK = (
    r"(?:不对不对|不对不对不对|啊不对|哦不对|不对|不是不是|哦不是|不是|哦不|说错了|讲错了|念错了|报错了"
    r"|搞错了|记错了|错了|更正一下|更正|纠正|应该是|改成|改为|换成)+"
)
_AGAIN = (
    r"我?(?:重新(?:说|讲|念|报|来)?|重来|从头(?:说|讲|念|报|来)?|再(?:说|念|报)一遍)"
    r"(?:一遍|一次)?吧?"
)
_NOT_THIS = "不是[^是]{1,12}是"
_CUT = re.compile(rf"({_AGAIN})|{_NOT_THIS}|{_MARK}是?")


def pieces(text: str) -> list[tuple[str, bool]]:
    """What stands between the words of correction, and whether each begins anew ("重新说").

    The first piece is what was said before any correction.
    """
    found: list[tuple[str, bool]] = []
    at, again = 0, False
    for cut in _CUT.finditer(text):
        found.append((text[at : cut.start()], again))
        at, again = cut.end(), cut[1] is not None
    found.append((text[at:], again))
    return found


def last_word(text: str) -> str:
    """What holds after all corrections; the whole text where nothing follows the last one."""
    said = [piece for piece, _ in pieces(text) if piece.strip("，。,. ")]
    return said[-1] if said else text


def dictate(
    text: str, part: str, read: Callable[[str], str], complete: Callable[[str], bool]
) -> str:
    """The characters dictated so far: ``part``, then ``text`` read by ``read``, corrected.

    A piece that is ``complete`` by itself stands for the whole. A correction replaces the end
    of what came before where the two are most alike.
    """
    so_far = part
    for place, (piece, again) in enumerate(pieces(text)):
        new = read(piece)
        if not new:
            so_far = "" if again else so_far
        elif again or complete(new):
            so_far = new
        elif place == 0:
            so_far += new
        else:
            so_far = _replaced(so_far, new, complete)
    return so_far


def _replaced(before: str, new: str, complete: Callable[[str], bool]) -> str:
    """``before`` with its end replaced by ``new``, which may also go on beyond it."""

    def rank(size: int) -> tuple[bool, int, int]:
        same = sum(a == b for a, b in zip(before[len(before) - size :], new, strict=False))
        # The same again is no correction; without any likeness as much is replaced as is said.
        likeness = 3 * same - size if same < size else -size
        return complete(before[: len(before) - size] + new), likeness, size

    sizes = range(1, min(len(before), len(new)) + 1)
    if not sizes:
        return before + new
    best = max(sizes, key=rank)
    if rank(best)[1] <= 0 and not rank(best)[0]:
        best = sizes[-1]
    return before[: len(before) - best] + new
