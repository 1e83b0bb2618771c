"""Spoken amounts: "一百二十点五", "两千三", "三百来平", "廿五"."""

from __future__ import annotations

import re
from decimal import Decimal

import cn2an

from flows.phonetic import sound
from flows.values.words import words

_NUMERAL = re.compile(r"[0-9〇零一二两三四五六七八九十百千万亿点廿卅半.]+")
_SOUNDS = {
    **dict(
        zip(
            words("ling yi er liang san si wu liu qi ba jiu shi bai qian wan dian nian"),
            "零一二两三四五六七八九十百千万点廿",
            strict=True,
        )
    ),
    "yao": "一",
    "lia": "两",
}
_WORDS = frozenset("是的以已也有要我把吧就其起期气事时点年晚完玩以亿")
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟萬幺〇俩", "一二三四五六七八九十百千万一零两")
_ROUGH = re.compile(r"(?<=[十百千万])(?:来|多|几)")
# By sound alone a 千 that nothing counts is mostly another word ("之前").
_UNCOUNTED = re.compile("(?<![0-9零一二两三四五六七八九十百千])[百千万]")
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}


def amounts(text: str) -> tuple[Decimal, ...]:
    """The numbers that stand in ``text`` as numerals or digits, in order."""
    # The 千 of 千瓦 is the unit, not the number.
    spoken = text.translate(_FORMAL).replace("千瓦", " ").replace(",", "").replace("，", " ")
    plain = _ROUGH.sub("", spoken)
    found = (_value(hit[0]) for hit in _NUMERAL.finditer(plain))
    return tuple(number for number in found if number is not None)


def amount(text: str) -> Decimal | None:
    """The one number of an answer that is expected to be one; tolerant of homophones.

    None if there is none, or several different ones.
    """
    found = set(amounts(text)) or set(amounts(_UNCOUNTED.sub(" ", _by_sound(text))))
    return found.pop() if len(found) == 1 else None


def _by_sound(text: str) -> str:
    heard = sound(text)
    return "".join(
        char if char in _WORDS else _SOUNDS.get(syllable, char)
        for char, syllable in zip(heard.chars, heard.syllables, strict=True)
    )


def _value(numeral: str) -> Decimal | None:
    """The value of a numeral; None if it is none ("点", "十十")."""
    numeral = numeral.strip(".")
    if numeral in ("半", "0.5"):
        return Decimal("0.5")
    half = numeral.endswith("半") and len(numeral) > 1
    numeral = numeral.removesuffix("半")
    if "半" in numeral:
        return None
    last = numeral[-1:]
    if half and last in _UNITS and len(numeral) > 1:
        # "一万半" is rare but clear: half of the last unit more.
        whole = _plain(numeral)
        return None if whole is None else whole + Decimal(_UNITS[last]) / 2
    numeral = re.sub(r"^[百千万]", r"一\g<0>", numeral.replace("廿", "二十").replace("卅", "三十"))
    numeral = re.sub(r"(?<=零)(?=十)|(?<=百)(?=十)", "一", numeral)
    value = _plain(numeral)
    return value + Decimal("0.5") if half and value is not None else value


def _plain(numeral: str) -> Decimal | None:
    whole, _, rest = numeral.partition("点")
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", numeral):
        return Decimal(numeral)
    if rest and not set(rest) <= set("零一二三四五六七八九0123456789"):
        return None
    if len(whole) > 30:
        return None
    text = whole.replace("两", "二") or "零"
    try:
        value = Decimal(str(cn2an.cn2an(text, "smart")))
    except (ValueError, KeyError, IndexError, ArithmeticError):
        return None
    if not rest:
        return value
    digits = "".join(
        str("零一二三四五六七八九".find(c)) if not c.isdigit() or c in "零一二三四五六七八九" else c
        for c in rest
    )
    return value + Decimal(f"0.{digits}")


def plain(number: Decimal) -> str:
    """A number without exponent and trailing zeros: "1500", "12.5"."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
