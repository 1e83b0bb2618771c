"""A value is made up, said in a random way, and must come back as it was."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from flows.values.kinds import KINDS, kind
from flows.values.spans import month_of
from flows.values.value import Kind, Setting, Taken
from tests.flows.routing.misreader import Misreader
from tests.flows.values import speaking
from tests.flows.values.conftest import NOW, Place

chances = st.randoms(use_true_random=False)
PROVINCES = ("45", "44", "11", "31", "65")


@st.composite
def citizens(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1920, 1, 1), date(2026, 11, 22)))
    head = draw(st.sampled_from(PROVINCES)) + draw(st.from_regex(r"[0-9]{4}", fullmatch=True))
    body = f"{head}{born:%Y%m%d}" + draw(st.from_regex(r"[0-9]{3}", fullmatch=True))
    return body + ric.calc_check_digit(body + "0")


@st.composite
def companies(draw: st.DrawFn) -> str:
    tail = draw(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
    body = "91450500" + tail
    return body + uscc.calc_check_digit(body)


mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
plates = st.one_of(
    st.from_regex(r"桂[A-HJ-NP][0-9]{5}", fullmatch=True),
    st.from_regex(r"桂E[0-9][A-HJ-NP-RT-UW-Y][0-9]{3}", fullmatch=True),
    st.from_regex(r"[粤琼湘浙]B[0-9]{5}", fullmatch=True),
    st.from_regex(r"桂E[DF][0-9]{5}", fullmatch=True),
)


def said_in_parts(kind: Kind, setting: Setting, value: str, chance: random.Random) -> Taken:
    """The value said over several answers, each after the part that the last one left."""
    part = ""
    taken = Taken()
    for group in speaking.groups(value, chance):
        taken = kind.hear(
            chance.choice(("", "", "嗯")) + speaking.code(group, chance), setting, part
        )
        assert not taken.problem
        part = taken.part
    return taken


@given(citizens(), chances)
def test_identity_number(setting: Place, number: str, chance: random.Random) -> None:
    where, id_no = setting("cn_id18"), kind("cn_id18")
    for taken in (
        id_no.hear(speaking.dictated(number, chance), where),
        said_in_parts(id_no, where, number, chance),
        id_no.key(number.replace("X", "*"), where),
        id_no.find(f"身份证{number}", where),
    ):
        assert taken.value is not None
        assert taken.value.text == number


@given(citizens(), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_figure_in_an_identity_number_is_noticed(
    setting: Place, number: str, place: int, step: int
) -> None:
    assume(number[place] != "X")
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    assume(wrong != number)
    taken = kind("cn_id18").hear(wrong, setting("cn_id18"))
    assert taken.value is None
    assert taken.problem == "value.id_no.check"


@given(companies(), chances)
def test_credit_code(setting: Place, code: str, chance: random.Random) -> None:
    where = setting("uscc18")
    taken = kind("uscc18").hear(speaking.code(code, chance), where)
    assert taken.value is not None
    assert taken.value.text == code
    tail = kind("uscc18").hear(
        speaking.code(code[-6:], chance), setting("uscc18", prompt="请说后六位。")
    )
    assert tail.value is not None
    assert tail.value.text == code[-6:]


@given(mobiles, chances)
def test_mobile(setting: Place, number: str, chance: random.Random) -> None:
    where, mobile = setting("cn_mobile"), kind("cn_mobile")
    for taken in (
        mobile.hear(speaking.dictated(number, chance), where),
        said_in_parts(mobile, where, number, chance),
        mobile.key(number, where),
    ):
        assert taken.value is not None
        assert taken.value.text == number


@given(mobiles, chances)
def test_a_slip_of_the_tongue_is_corrected(
    setting: Place, number: str, chance: random.Random
) -> None:
    """The last group is said wrongly in one figure, taken back, and said again."""
    at = chance.randint(4, 10)
    size = chance.randint(2, min(4, at))
    group = number[at - size : at]
    slip = chance.randrange(size)
    wrong = group[:slip] + str((int(group[slip]) + 3) % 10) + group[slip + 1 :]
    said = (
        number[: at - size]
        + wrong
        + chance.choice(("不对，", "错了，", "哦不，"))
        + number[at - size :]
    )
    taken = kind("cn_mobile").hear(said, setting("cn_mobile"))
    assert taken.value is not None
    assert taken.value.text == number


@given(plates, chances)
def test_plate(setting: Place, plate: str, chance: random.Random) -> None:
    where = setting("plate")
    for text in (speaking.code(plate, chance), f"车牌是{speaking.code(plate, chance)}"):
        taken = kind("plate").hear(text, where)
        assert taken.value is not None, text
        assert taken.value.text == plate, text


@given(st.from_regex(r"[0-9]{5}", fullmatch=True))
def test_a_local_plate_by_keys(setting: Place, digits: str) -> None:
    taken = kind("plate").key(digits, setting("plate"))
    assert taken.value is not None
    assert taken.value.text == "桂E" + digits


@given(st.from_regex(r"[0-9]{4,20}", fullmatch=True), chances)
def test_account_number(setting: Place, digits: str, chance: random.Random) -> None:
    where, row = setting("digits"), kind("digits")
    heard = row.hear(speaking.dictated(digits, chance), where)
    assert heard.value is not None
    assert heard.value.text == digits
    keyed = row.key(digits, where)
    assert keyed.value is not None
    assert keyed.value.text == digits


@given(st.integers(0, 99_999_999), chances)
def test_numbers(setting: Place, number: int, chance: random.Random) -> None:
    said = speaking.amount(number, chance)
    for name, text in (("int", said), ("number", f"大概{said}吧"), ("money", f"{said}块钱")):
        taken = kind(name).hear(text, setting(name))
        assert taken.value is not None, text
        assert taken.value.text == str(number), text


@given(st.decimals(0, 9999, places=1, allow_nan=False))
def test_fractions(setting: Place, number: object) -> None:
    whole, _, tenth = str(number).partition(".")
    said = speaking.amount(int(whole), random.Random(1)) if int(whole) % 10 else whole
    text = f"{said}点{'零一二三四五六七八九'[int(tenth)]}" if not said.isdecimal() else str(number)
    taken = kind("number").hear(text, setting("number"))
    assert taken.value is not None, text
    assert float(taken.value.text) == float(str(number))
    keyed = kind("number").key(str(number).replace(".", "*"), setting("number"))
    assert keyed.value is not None
    assert float(keyed.value.text) == float(str(number))


def month_in_words(day: date, chance: random.Random) -> str:
    """A year's month, the year digit by digit."""
    year = "".join("零一二三四五六七八九"[int(char)] for char in str(day.year))
    return f"{year}年{speaking.amount(day.month, chance)}月"


def date_in_words(day: date, chance: random.Random) -> str:
    """A whole date in one of the usual ways."""
    year = "".join("零一二三四五六七八九"[int(char)] for char in str(day.year))
    month, mday = (speaking.amount(number, chance) for number in (day.month, day.day))
    return chance.choice(
        (
            f"{year}年{month}月{mday}号",
            f"{year}年{month}月份{mday}日",
            f"{day.year}年{day.month}月{day.day}日",
            f"嗯是{year}年的{month}月{mday}号",
            f"{day:%Y%m%d}",
            "".join("零一二三四五六七八九"[int(char)] for char in f"{day:%Y%m%d}"),
            f"{day:%Y-%m-%d}",
            f"一九九零年一月一号，不对，{year}年{month}月{mday}号",
        )
    )


@given(st.dates(date(1930, 1, 1), date(2026, 11, 23)), chances)
def test_dates(setting: Place, day: date, chance: random.Random) -> None:
    where = setting("date", label="出生日期")
    text = date_in_words(day, chance)
    for taken in (kind("date").hear(text, where), kind("date").key(f"{day:%Y%m%d}", where)):
        assert taken.value is not None, text
        assert taken.value.text == f"{day:%Y-%m-%d}", text


@given(st.integers(-60, 60), chances)
def test_days_near_the_call(setting: Place, days: int, chance: random.Random) -> None:
    """Without year or month a day is the one nearest in the direction that the field asks for."""
    day = NOW.date() + timedelta(days=days)
    monday = NOW.date() - timedelta(days=NOW.weekday())
    week = (day - monday).days // 7
    ways = [f"{day.month}月{day.day}号"]
    ways += [f"{abs(days)}天{'前' if days < 0 else '后'}"] if days else ["今天"]
    if -2 <= week <= 2:
        which = ("上上", "上", "这", "下", "下下")[week + 2]
        ways += [
            f"{which}{name}{'一二三四五六日'[day.weekday()]}" for name in ("周", "个礼拜", "星期")
        ]
    if day.month == NOW.month:
        ways.append(f"这个月{day.day}号")
    label = "丢失时间" if days < 0 else "预约时间"
    text = chance.choice(ways)
    taken = kind("datetime").hear(text, setting("datetime", label=label))
    assert taken.value is not None, text
    assert taken.value.text == f"{day:%Y-%m-%d}", text


months = st.dates(date(1990, 1, 1), date(2030, 12, 31)).map(lambda day: day.replace(day=1))


@given(months, months, chances)
def test_periods(setting: Place, one: date, other: date, chance: random.Random) -> None:
    first, last = sorted((one, other))
    years = [
        "".join("零一二三四五六七八九"[int(c)] for c in str(day.year)) for day in (first, last)
    ]
    said = [
        f"{year}年{speaking.amount(day.month, chance)}月"
        for year, day in zip(years, (first, last), strict=True)
    ]
    where, period = setting("date_range"), kind("date_range")
    expected = f"{first:%Y-%m}/{last:%Y-%m}"
    whole = period.hear(
        f"{chance.choice(('从', ''))}{said[0]}{chance.choice('到至')}{said[1]}", where
    )
    beginning = period.hear(f"从{said[0]}", where)
    rest = period.hear(f"到{said[1]}", where, beginning.part)
    keyed = period.key(f"{first:%Y%m}{last:%Y%m}", where)
    for taken in (whole, rest, keyed):
        assert taken.value is not None
        assert taken.value.text == expected


@given(months)
def test_a_month_by_keys_and_words(setting: Place, day: date) -> None:
    where = setting("date", label="拟退休时间", prompt="请按键输入拟退休年月六位数字。")
    taken = kind("date").key(f"{day:%Y%m}", where)
    if month_of(day.year, day.month).until < NOW.date():
        assert taken.problem == "value.date.past"
    else:
        assert taken.value is not None
        assert taken.value.text == f"{day:%Y-%m}"


def test_names(setting: Place) -> None:
    """Surname and characters explained, whatever the recogniser made of the name itself."""
    from flows.values.namedata import NAME_WORDS as known

    misreader = Misreader([*known.surnames, *known.given], folded=False)
    chance = random.Random(7)
    where, name_kind = setting("person_name", label="姓名"), kind("person_name")
    surnames, given = list(known.surnames), list(known.given)
    wrong = []
    for _ in range(400):
        surname = chance.choice(surnames)
        chars = [chance.choice(given) for _ in range(chance.randint(1, 2))]
        if len(set(chars)) < len(chars):
            continue
        name = surname + "".join(chars)
        told = [known.surnames[surname], *(known.given[char] for char in chars)]
        heard = misreader.misread(name, 1.0, chance)
        for text in (
            f"我叫{heard}，{'，'.join(told)}",
            "，".join(told),
            f"姓{heard[0]}，{told[0]}，名字是{heard[1:]}，{'，'.join(told[1:])}",
        ):
            taken = name_kind.hear(text, where)
            if taken.value is None or taken.value.text != name:
                wrong.append((name, text, taken))
    assert not wrong, f"{len(wrong)} of 1200: {wrong[:12]}"


nonsense = st.text(
    alphabet=st.one_of(
        st.sampled_from("零一二三四五六七八九十百千万点半幺两年月日号上下个周礼拜午到从叉X*"),
        st.sampled_from("我是不对的了张李王桂E海城区路街道名字叫姓块元毛没有第同意"),
        st.characters(),
    ),
    max_size=40,
)


@pytest.mark.parametrize("name", sorted(KINDS))
@given(said=nonsense, before=nonsense, keys=st.text("0123456789*", max_size=22), free=st.booleans())
def test_no_text_and_no_keys_break_a_kind(
    setting: Place, name: str, said: str, before: str, keys: str, free: bool
) -> None:
    one = kind(name)
    where = setting(name, label="出生日期" if free else "预约时间", optional=free)
    one.keys(where)
    one.expect(where)
    for taken in (
        one.hear(said, where),
        one.hear(said, where, before),
        one.find(said, where),
        one.key(keys, where),
    ):
        assert not (taken.value and (taken.part or taken.problem))
        if taken.value is None:
            continue
        assert one.read_back(taken.value, where)
        if name == "cn_id18" and taken.value.text:
            assert ric.calc_check_digit(taken.value.text) == taken.value.text[-1]
            assert re.fullmatch(r"[0-9]{17}[0-9X]", taken.value.text)
        if name == "uscc18" and taken.value.text:
            assert uscc.calc_check_digit(taken.value.text[:-1]) == taken.value.text[-1]
