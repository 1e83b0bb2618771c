"""Yes, no, and what is said after it."""

from __future__ import annotations

import re

import msgspec

from flows.phonetic import syllables
from flows.values.words import Phrases, bare, words

_YES = Phrases(
    words(
        """对 对的 对啊 对对 对对对 对了 是 是的 是啊 是是 是滴 没错 不错 正确 好 好的 好啊 好吧
        可以 可以的 行 行的 得 得的 要 要的 需要 同意 确认 确定 没问题 没有问题 都对 全对 都是对的
        嗯 嗯嗯 恩 有 就是 就是这个 就这样 当然 当然可以 肯定 没错的 对没错 是对的 对是的"""
    )
)
_NO = Phrases(
    words(
        """不 不对 不对的 不是 不是的 不行 不得 不好 不要 不用 不用了 不需要 不可以 不同意 不是这个
        错 错了 错的 有错 不正确 否 没 没有 没有了 没了 不必 不是啊 搞错了 弄错了 听错了 说错了
        都不对 都不是 不不 不不不 不对不对 不是不是 不了 不能"""
    )
)
_YES_WORDS = (
    r"对对对|对对|对的|对啊|没错|没有错|我?同意(?!不)|我?愿意(?!不)|没问题|没有问题|都对|全对|正确"
    r"|是的|是啊|好的|可以的|可以|嗯|对"
)
_LEAD_YES = re.compile(f"^(?:{_YES_WORDS})")
_ALL_YES = re.compile(f"^(?:{_YES_WORDS}|哦|呃)+")
_LEAD_NO = re.compile(
    r"^(?:不对不对|不是不是|我?不同意|我?不愿意|不对的|不对|不是的|不是|错了|搞错了|弄错了|听错了|说错了|讲错了"
    r"|不不不)[啊呀了]?"
)
_NO_CHANGE = re.compile(r"^(?:不用|不改|不需要|就这样|没有|就是这样|没什么)")
_THEN = re.compile(
    r"^(?:应该是|应该|改成|改为|换成|其实是|其实|而是|我说的是|我讲的是|我是说|是|在)"
)


class Answer(msgspec.Struct, frozen=True):
    """``yes`` is True, False, or None if it is neither; ``rest`` what was said besides."""

    yes: bool | None
    rest: str = ""


def yes_no(text: str) -> bool | None:
    """Whether ``text`` as a whole means yes or no."""
    if _NO.whole(text):
        return False
    return True if _YES.whole(text) else None


def answer(text: str) -> Answer:
    """Yes or no at the beginning of ``text``, and the correction or addition after it.

    "不对，是侨港镇" gives no with "侨港镇"; "不是海城区是银海区" gives no with "银海区".
    """
    whole = yes_no(text)
    if whole is not None:
        return Answer(whole)
    plain = bare(text)
    denied = _LEAD_NO.match(plain)
    if denied is None and syllables(plain)[:2] in (("bu", "dui"), ("bu", "shi"), ("cuo", "le")):
        denied = re.match(r"..", plain)
    if denied is not None:
        rest = plain[denied.end() :]
        head, then, tail = rest.rpartition("是")
        if then and tail and len(head) <= 12:
            rest = tail
        return Answer(False, _THEN.sub("", rest))
    agreed = _LEAD_YES.match(plain)
    if agreed is not None:
        rest = plain[agreed.end() :]
        after = _ALL_YES.sub("", rest)
        if _LEAD_NO.match(after):
            # "对不对" asks; "对，哦不对，是侨港镇" has thought better of it.
            return Answer(None, plain) if after == "不对" else answer(after)
        nothing_new = not after or yes_no(after) is not None or _NO_CHANGE.match(after)
        return Answer(True, "" if nothing_new else rest)
    return Answer(None, plain)
