"""Values heard through the real model: numbers, dates, plates and names said by espeak-ng.

Run ``python -m bench.values``; ``--show`` prints what was heard where the value was not right.

Synthetic speech through A-law: one robotic voice that the shipped model has also learnt from. The
shares tell how the reading of values stands up to misrecognition, not how callers are understood.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import cn2an
import msgspec
import numpy as np
import soundfile
import soxr
from stdnum.cn import ric

from asr.modelkit import espeak
from asr.modelkit.g711 import through_a_law
from asr.selection import default_model_dir
from asr.transcribe import transcribe
from asr.vosk_engine import VoskEngine
from bench.report import Table
from flows.catalogue import Choice, SlotSpec, load_catalogue
from flows.gazetteer import Gazetteer, load_gazetteer
from flows.values.kinds import kind
from flows.values.namedata import NAME_WORDS
from flows.values.value import Setting, Taken
from flows.yamlfile import data_root

EACH = 15
_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_NOW = datetime(2026, 11, 23, 9, 30)


class Said(msgspec.Struct, frozen=True):
    """A value of a field, and the answers in which it is said."""

    what: str
    slot: str
    text: str
    answers: tuple[str, ...]


def _spoken(digits: str) -> str:
    return "".join(_DIGITS.get(char, char) for char in digits)


def _row(what: str, slot: str, text: str, sizes: tuple[int, ...]) -> Said:
    groups, at = [], 0
    for size in sizes:
        groups.append(_spoken(text[at : at + size]))
        at += size
    return Said(what, slot, text, tuple(groups))


def _citizen(chance: random.Random) -> str:
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20000))
    body = f"450502{born:%Y%m%d}{chance.randrange(1000):03d}"
    # Espeak says an X in English, which tells nothing.
    number = body + ric.calc_check_digit(body + "0")
    return _citizen(chance) if number.endswith("X") else number


def cases(chance: random.Random) -> Iterator[Said]:
    """The values, the same on every run."""
    for _ in range(EACH):
        mobile = "1" + chance.choice("3578") + "".join(chance.choices("0123456789", k=9))
        yield _row("mobile, one breath", "mobile", mobile, (11,))
        yield _row("mobile, three answers", "mobile", mobile, (3, 4, 4))
        citizen = _citizen(chance)
        yield _row("identity number, one breath", "id_no", citizen, (18,))
        yield _row("identity number, three answers", "id_no", citizen, (6, 8, 4))
        tail = "".join(chance.choices("0123456789", k=4))
        yield _row("last four of a card", "card_tail", tail, (4,))
        day = date(1960, 1, 1) + timedelta(days=chance.randrange(24000))
        year = "".join("零一二三四五六七八九"[int(char)] for char in str(day.year))
        month, mday = (cn2an.an2cn(str(number), "low") for number in (day.month, day.day))
        yield Said("date", "child_birth", f"{day}", (f"{year}年{month}月{mday}号",))
        coming = _NOW.date() + timedelta(days=7 + chance.randrange(7))
        monday = _NOW.date() - timedelta(days=_NOW.weekday())
        weekday = "一二三四五六日"[(coming - monday).days % 7]
        half = chance.choice(("上午", "下午"))
        yield Said("appointment", "appoint", f"{coming} {half}", (f"下个星期{weekday}{half}",))
        rent = chance.randrange(3, 60) * 100
        yield Said("money", "rent_amt", str(rent), (f"{cn2an.an2cn(str(rent), 'low')}块",))
        area = chance.randrange(20, 400)
        yield Said("number", "shop_area", str(area), (f"{cn2an.an2cn(str(area), 'low')}平方米",))
        plate = "".join(chance.choices("0123456789", k=5))
        yield Said("plate", "plate", f"桂E{plate}", (f"桂鹅{_spoken(plate)}",))
        surname = chance.choice(list(NAME_WORDS.surnames)[:40])
        given = chance.choice(list(NAME_WORDS.given)[:60])
        told = f"{NAME_WORDS.surnames[surname]}，{NAME_WORDS.given[given]}"
        yield Said("name, explained", "name", surname + given, (f"我叫{surname}{given}，{told}",))


class Ear:
    """Says an answer, sends it through A-law, and recognises it."""

    def __init__(self, folder: Path) -> None:
        self._voice = espeak.shared()
        self._engine = VoskEngine(default_model_dir())
        self._path = folder / "answer.wav"

    def hear(self, text: str) -> str:
        """What is recognised when ``text`` is said."""
        samples, rate = self._voice.speak(text, "+f2", speed=190)
        narrow = soxr.resample(samples, rate, 8000)
        level = 0.5 / max(float(np.abs(narrow).max()), 1e-6)
        line = through_a_law((narrow * level * 32767).astype(np.int16))
        quiet = np.zeros(4000, np.int16)
        soundfile.write(self._path, np.concatenate([quiet, line, quiet]), 8000)
        return transcribe(self._path, self._engine).text.replace(" ", "")


def _settings() -> dict[str, Setting]:
    gazetteer = Gazetteer(load_gazetteer(data_root()).value)

    def of(slot: SlotSpec, choices: tuple[Choice, ...]) -> Setting:
        return Setting(slot, choices, _NOW, "13900001234", "0779", gazetteer)

    slots = load_catalogue(data_root()).slots
    return {name: of(slot, slot.choices) for name, slot in slots.items()}


def main(show: bool) -> None:
    """Measure, print and keep the table."""
    settings = _settings()
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        ear = Ear(Path(folder))
        for said in cases(random.Random(2026)):
            where = settings[said.slot]
            taken, heard = Taken(), []
            for answer in said.answers:
                heard.append(ear.hear(answer))
                taken = kind(where.slot.type).hear(heard[-1], where, taken.part)
            value = taken.value.text if taken.value else ""
            outcome = "right" if value == said.text else "wrong" if value else "asked"
            counts[said.what, outcome] += 1
            if show and outcome != "right":
                print(said.what, said.text, said.answers, heard, value or taken.problem, sep=" | ")
    table = Table("values", ("value", "said", "right", "asked again", "wrong, left to read-back"))
    table.note("Synthetic speech: espeak-ng (+f2) through A-law, recognised by the shipped model,")
    table.note("which has learnt from this synthesiser. No real callers.")
    for what in dict.fromkeys(what for what, _ in counts):
        cells = [counts[what, outcome] for outcome in ("right", "asked", "wrong")]
        table.add(what, sum(cells), *cells)
    table.write()


if __name__ == "__main__":
    main("--show" in sys.argv)
