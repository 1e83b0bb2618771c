"""The words recorded one by one, from which figures, dates and read-backs are joined.

A unit's id is ``unit.<name>.mid`` as spoken inside a phrase, or ``unit.<name>.end`` with the
falling voice that ends one, which only digits have. Telephone and ticket numbers are read in
recorded pairs, which sound like one breath and not like a row of single figures.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import cn2an
import msgspec
import yaml

from ivr.speech.spelling import DIGITS, LETTERS, YAO

_LIANG = "两"
# The voice draws single figures out; in a row of them they are shorter.
_FIGURE_SPEED = 1.15
_FIGURES = (DIGITS[0], YAO, *DIGITS[2:])
_YEARS = range(2020, 2040)


class Unit(msgspec.Struct, frozen=True):
    """One recorded word: ``word`` is what is written, ``said`` what the voice is given.

    ``speed`` above 1 is faster than the voice speaks by itself.
    """

    id: str
    word: str
    said: str
    speed: float = 1.0


@cache
def units() -> tuple[Unit, ...]:
    """All of them; no two have the same id."""
    found: list[Unit] = []
    names = [(str(n), digit) for n, digit in enumerate(DIGITS)] + [("yao", YAO), ("liang", _LIANG)]
    for name, digit in names:
        found.append(_figure(name, digit))
        found.append(Unit(f"unit.{name}.end", digit, digit + "。", _FIGURE_SPEED))
    for first, one in enumerate(_FIGURES):
        for second, other in enumerate(_FIGURES):
            found.append(_figure(f"pair-{first}{second}", one + other))
    for letter, said in LETTERS.items():
        found.append(_mid(f"letter-{letter}", said))
    found.extend(_mid(str(number), _hanzi(number)) for number in range(10, 100))
    found.extend(_mid(f"month-{month}", _hanzi(month) + "月") for month in range(1, 13))
    found.extend(_mid(f"day-{day}", _hanzi(day) + "日") for day in range(1, 32))
    found.extend(_mid(f"hour-{hour}", _hanzi(hour) + "点") for hour in range(25))
    found.extend(_mid(f"year-{year}", _digitwise(year) + "年") for year in _YEARS)
    found.append(_mid("hour-liang", _LIANG + "点"))
    found.extend(_mid(f"word-{name}", word) for name, word in _words().items())
    unique = {unit.word + unit.id.rpartition(".")[2]: unit for unit in reversed(found)}
    return tuple(sorted(unique.values(), key=found.index))


def _mid(name: str, word: str) -> Unit:
    return Unit(f"unit.{name}.mid", word, word + "，")


def _figure(name: str, word: str) -> Unit:
    return Unit(f"unit.{name}.mid", word, word + "，", _FIGURE_SPEED)


def _digitwise(number: int) -> str:
    return "".join(DIGITS[int(char)] for char in str(number))


def _hanzi(number: int) -> str:
    return str(cn2an.an2cn(str(number), "low"))


def _words() -> dict[str, str]:
    text = files("ivr.speech").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), dict[str, str])
