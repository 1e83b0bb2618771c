"""Whose value it is that a sentence holds: a form may ask for several people's."""

from __future__ import annotations

import re

_PEOPLE = {
    "孩子": re.compile(r"孩子|小孩|儿子|女儿|宝宝|娃|小朋友|新生儿"),
    "母亲": re.compile(r"母亲|妈妈|老妈|我妈"),
    "父亲": re.compile(r"父亲|爸爸|老爸|我爸"),
    "配偶": re.compile(r"老婆|老公|爱人|妻子|丈夫|对方|配偶|媳妇|男方|女方"),
    "逝者": re.compile(r"逝者|死者|去世|过世|走了|死亡"),
    "监护人": re.compile(r"监护人"),
    "法定代表人": re.compile(r"法人|法定代表人|老板"),
    "经办人": re.compile(r"经办人"),
}
_LABELS = {"对方": "配偶", "死亡": "逝者", "新生儿": "孩子", "小孩": "孩子"}


def fits(label: str, text: str) -> bool:
    """Whether ``text`` speaks of the person whose value the field ``label`` is.

    A field that names nobody is the caller's own: then the sentence names nobody else.
    """
    for word, person in (*((person, person) for person in _PEOPLE), *_LABELS.items()):
        if word in label:
            return bool(_PEOPLE[person].search(text))
    return not any(pattern.search(text) for pattern in _PEOPLE.values())
