"""Digits spoken one by one, as Chinese callers say numbers."""

from __future__ import annotations

import re

from flows.phonetic import sound

_CHARS = {
    **{str(digit): str(digit) for digit in range(10)},
    **dict(zip("零一二三四五六七八九", "0123456789", strict=True)),
    **dict(zip("〇洞幺两俩拐勾", "0012279", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789", strict=True)),
}
_SOUNDS = {
    "ling": "0",
    "dong": "0",
    "yao": "1",
    "yi": "1",
    "er": "2",
    "liang": "2",
    "san": "3",
    "si": "4",
    "wu": "5",
    "liu": "6",
    "qi": "7",
    "guai": "7",
    "ba": "8",
    "jiu": "9",
    "gou": "9",
}
# Words that sound like a digit but in a dictated number are mostly themselves.
_WORDS = frozenset("吧把爸就以已也有要我是的儿而期起其气你呢东冬动懂事")
_REPEAT = re.compile(r"([一1两二三四五六2-6])个([零〇洞幺一二两三四五六七八九0-9])")
# Words around a dictated number that hold a digit of their own.
_ASIDE = re.compile(
    r"(?:最?后|末尾?|前|共|这|总共)[两二三四五六七八九十]{1,2}位(?:数字?)?|十[一二八]位(?:数字?)?"
    r"|(?:一位){2}|[一两]?(?:个字)|一下子?|一遍|一次|一共|一点点|公司|意思|不好意思|试一?试|是不是"
)


def spoken_digits(text: str) -> str:
    """All the digits in ``text`` in order, by character or by sound; "" if there are none.

    "幺三九" is 139, "三个零" is 000. For answers that are expected to be a number.
    """
    text = _ASIDE.sub(lambda hit: "，" * len(hit[0]), text)
    text = _REPEAT.sub(lambda hit: _CHARS[hit[2]] * int(_CHARS[hit[1]]), text)
    heard = sound(text)
    found = []
    for offset, char, syllable in zip(heard.offsets, heard.chars, heard.syllables, strict=True):
        if text[offset] in _CHARS:
            found.append(_CHARS[text[offset]])
        elif char in _CHARS:
            found.append(_CHARS[char])
        elif char not in _WORDS and syllable in _SOUNDS:
            found.append(_SOUNDS[syllable])
    return "".join(found)


def digit_runs(text: str) -> tuple[str, ...]:
    """The unbroken runs of plain digits in a sentence, without guessing by sound."""
    text = _REPEAT.sub(lambda hit: _CHARS[hit[2]] * int(_CHARS[hit[1]]), text)
    plain = "".join(_CHARS.get(char, " ") for char in text)
    return tuple(plain.split())
