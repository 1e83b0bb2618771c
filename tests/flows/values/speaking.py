"""How callers say digits, letters and numbers: hypothesis strategies for ways of saying."""

from __future__ import annotations

import random
from collections.abc import Sequence

import cn2an

# The sounds of a digit, as a recogniser may write them.
WAYS = {
    "0": "零零零〇洞灵",
    "1": "一幺幺壹腰妖",
    "2": "二二两贰",
    "3": "三三叁伞",
    "4": "四四肆死",
    "5": "五五伍舞",
    "6": "六六陆柳",
    "7": "七七拐柒妻",
    "8": "八八捌巴",
    "9": "九九勾玖酒",
}
LETTERS = {
    "A": ("A", "a", "诶"),
    "B": ("B", "b", "必", "比"),
    "C": ("C", "c", "西"),
    "D": ("D", "d", "弟", "迪"),
    "E": ("E", "e", "鹅", "伊"),
    "F": ("F", "f", "艾弗", "爱福"),
    "G": ("G", "g", "记", "鸡"),
    "H": ("H", "h", "艾尺", "爱吃"),
    "J": ("J", "j", "杰", "接"),
    "K": ("K", "k", "开"),
    "L": ("L", "l", "艾勒"),
    "M": ("M", "m", "艾姆", "爱母"),
    "N": ("N", "n", "恩"),
    "P": ("P", "p", "批", "皮"),
    "Q": ("Q", "q", "丘", "扣"),
    "R": ("R", "r", "阿尔"),
    "T": ("T", "t", "踢"),
    "U": ("U", "u", "优"),
    "W": ("W", "w", "达不溜"),
    "X": ("X", "x", "叉", "艾克斯"),
    "Y": ("Y", "y", "歪"),
}
FILLERS = ("", "", "", "嗯", "那个", "然后", "呃", "然后是", "后面是", "，", " ")
LEADS = ("", "", "", "嗯", "就是", "号码是", "我说一下啊", "是", "我的是", "好的")
TAILS = ("", "", "", "吧", "啊", "就这个", "的")


def digit(char: str, chance: random.Random) -> str:
    """One digit in one of its ways."""
    return char if chance.random() < 0.15 else chance.choice(WAYS[char])


def code(text: str, chance: random.Random) -> str:
    """Letters and digits one by one, others as they stand."""
    return "".join(
        digit(char, chance) if char in WAYS else chance.choice(LETTERS.get(char, (char,)))
        for char in text
    )


def groups(text: str, chance: random.Random) -> list[str]:
    """Cut where a speaker draws breath."""
    found = []
    while text:
        size = chance.randint(1, 6)
        found.append(text[:size])
        text = text[size:]
    return found


def dictated(text: str, chance: random.Random) -> str:
    """A whole code in one answer, with hesitations between its groups."""
    body = "".join(code(group, chance) + chance.choice(FILLERS) for group in groups(text, chance))
    return chance.choice(LEADS) + body + chance.choice(TAILS)


def amount(number: int, chance: random.Random) -> str:
    """A whole number as it is said: 两 for 二, the last unit left out ("一千五")."""
    said = str(cn2an.an2cn(str(number), "low"))
    if chance.random() < 0.5:
        for unit in "百千万":
            said = said.replace("二" + unit, "两" + unit)
    if said.startswith("一十") and chance.random() < 0.7:
        said = said[1:]
    for unit, lower in (("千", "百"), ("百", "十"), ("万", "千")):
        # 一千五百 is also 一千五, where nothing but the hundreds follows.
        if len(said) >= 4 and said[-1] == lower and said[-3] == unit and chance.random() < 0.4:
            return said[:-1]
    return said


def pick(items: Sequence[str], chance: random.Random) -> str:
    """One of them."""
    return chance.choice(items)
