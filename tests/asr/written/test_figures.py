"""Numbers as figures: what is changed, and what is left alone."""

from __future__ import annotations

import re
from pathlib import Path

import cn2an
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from asr.written import Writer

WRITER = Writer()
CASES = [
    line.split("\t")
    for line in (Path(__file__).parent / "figures.tsv").read_text("utf-8").splitlines()[1:]
]


@pytest.mark.parametrize(("said", "written"), CASES, ids=[said for said, _ in CASES])
def test_a_sentence_is_written_as_people_write_it(said: str, written: str) -> None:
    assert WRITER.figures(said) == written


def test_a_citys_own_names_keep_their_numerals() -> None:
    assert WRITER.figures("我在百二十一小区") != "我在百二十一小区"
    assert Writer(names=["百二十一小区"]).figures("我在百二十一小区") == "我在百二十一小区"


# --- a number, said in any of several ways, comes back ----------------------------------------


def cardinal(number: int) -> str:
    """As cn2an says it: 一百二十."""
    return str(cn2an.an2cn(str(number), "low"))


def with_liang(spoken: str) -> str:
    """两 where people say it before 百, 千, 万 and 亿."""
    return re.sub("(?<![十零])二(?=[百千万亿])", "两", spoken)


def shortened(spoken: str) -> str:
    """三千五百 as 三千五, where nothing is lost."""
    for unit, below in (("百", "十"), ("千", "百"), ("万", "千")):
        found = re.fullmatch(rf"(.*{unit}[一二三四五六七八九]){below}", spoken)
        if found:
            return found[1]
    return spoken


def value(figures: str) -> int:
    """What figures with 万 or 亿 stand for."""
    digits = re.match("[0-9]+", figures)
    assert digits is not None, figures
    size = {"万": 10**4, "亿": 10**8}
    return int(digits[0]) * size.get(figures[digits.end() : digits.end() + 1], 1)


@given(
    st.integers(11, 10**9) | st.integers(1, 999).map(lambda n: n * 10**4 + 20),
    st.sampled_from(
        [cardinal, lambda n: with_liang(cardinal(n)), lambda n: shortened(cardinal(n))]
    ),
    st.sampled_from([("一共", "户"), ("有", "人参加"), ("", "")]),
)
def test_a_number_comes_back_from_any_way_to_say_it(number, say, around) -> None:  # type: ignore[no-untyped-def]
    before, after = around
    # 二百五 alone is a word.
    assume(number != 250 or around[0])
    written = WRITER.figures(before + say(number) + after)
    assert written.startswith(before) and written.endswith(after)
    assert value(written[len(before) :]) == number


DIGIT = "零一二三四五六七八九"
STYLES = {"plain": DIGIT, "yao": "零幺二三四五六七八九", "circle": "〇幺二三四五六七八九"}


@given(st.from_regex("1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(sorted(STYLES)))
def test_a_mobile_number_comes_back(number: str, style: str) -> None:
    spoken = "".join(STYLES[style][int(digit)] for digit in number)
    assert WRITER.figures(f"我电话是{spoken}") == f"我电话是{number}"


@pytest.mark.parametrize("spoken", ["二月二号", "三月三日", "八月十五号"])
def test_a_date_that_is_also_a_feast_comes_back(spoken: str) -> None:
    month, day = re.findall("[二三八十五]+", spoken)
    number = {"二": 2, "三": 3, "八": 8, "十五": 15}
    assert WRITER.figures(spoken) == f"{number[month]}月{number[day]}{spoken[-1]}"


@given(st.from_regex("1[3-9][0-9]{2}", fullmatch=True), st.integers(0, 9), st.integers(3, 5))
def test_digits_said_as_so_many_of_one_come_back(head: str, digit: int, times: int) -> None:
    assume(not head.endswith(str(times)))
    spoken = "".join(STYLES["yao"][int(d)] for d in head)
    spoken += f"{DIGIT[times]}个{DIGIT[digit]}幺幺幺"
    assert WRITER.figures(spoken) == head + str(digit) * times + "111"


@given(
    st.from_regex("[1-9][0-9]{5}(19|20)[0-9]{9}[0-9X]", fullmatch=True),
    st.sampled_from(["叉", "X", "x"]),
)
def test_an_identity_number_comes_back(number: str, cross: str) -> None:
    spoken = "".join(cross if c == "X" else STYLES["yao"][int(c)] for c in number)
    assert WRITER.figures(f"身份证{spoken}") == f"身份证{number}"


@given(st.sampled_from("ABCDEFGHJKLMNP"), st.from_regex("[0-9]{5,6}", fullmatch=True))
def test_a_plate_comes_back(letter: str, digits: str) -> None:
    spoken = "".join(STYLES["yao"][int(digit)] for digit in digits)
    assert WRITER.figures(f"车牌桂{letter}{spoken}") == f"车牌桂{letter}{digits}"
    assert WRITER.figures(f"车牌桂{letter.lower()}{spoken}") == f"车牌桂{letter}{digits}"


@given(st.dates(), st.sampled_from("号日"))
def test_a_date_comes_back(date, day) -> None:  # type: ignore[no-untyped-def]
    assume(date.year >= 1900)
    year = "".join(DIGIT[int(digit)] for digit in str(date.year))
    spoken = f"{year}年{cardinal(date.month)}月{cardinal(date.day)}{day}"
    assert WRITER.figures(spoken) == f"{date.year}年{date.month}月{date.day}{day}"


@given(st.integers(0, 23), st.integers(0, 59), st.booleans())
def test_a_time_of_day_comes_back(hour: int, minute: int, fen: bool) -> None:
    hours = "两" if hour == 2 else cardinal(hour)
    if minute == 0:
        assert WRITER.figures(f"下午{hours}点开会") == f"下午{hour}点开会"
        return
    minutes = f"零{DIGIT[minute]}" if minute < 10 else cardinal(minute)
    ending = "分" if fen else ""
    assert WRITER.figures(f"下午{hours}点{minutes}{ending}") == f"下午{hour}点{minute:02d}{ending}"


@given(st.integers(1, 9999), st.integers(1, 9), st.integers(0, 9))
def test_an_amount_comes_back(yuan: int, jiao: int, fen: int) -> None:
    whole = cardinal(yuan)
    assert WRITER.figures(f"{whole}块{DIGIT[jiao]}毛钱") == f"{yuan}.{jiao}元"
    if fen:
        spoken = f"{whole}元{DIGIT[jiao]}角{DIGIT[fen]}分"
        assert WRITER.figures(spoken) == f"{yuan}.{jiao}{fen}元"


@given(st.integers(1, 100), st.integers(0, 99))
def test_a_percentage_comes_back(whole: int, part: int) -> None:
    assert WRITER.figures(f"百分之{cardinal(whole)}") == f"{whole}%"
    digits = "".join(DIGIT[int(digit)] for digit in f"{part:02d}")
    assert WRITER.figures(f"百分之{cardinal(whole)}点{digits}") == f"{whole}.{part:02d}%"


@given(st.integers(1, 999), st.integers(1, 60), st.from_regex("[1-9][0-9]0[1-9]", fullmatch=True))
def test_an_address_comes_back(house: int, floor: int, room: str) -> None:
    rooms = "".join(STYLES["yao"][int(digit)] for digit in room)
    spoken = f"北海大道{cardinal(house)}号{cardinal(floor)}栋{rooms}室"
    assert WRITER.figures(spoken) == f"北海大道{house}号{floor}栋{room}室"


@given(
    st.text(
        alphabet="零一二三四五六七八九十百千万亿两幺点块元毛分半几多个号楼月日年第的了我",
        max_size=16,
    )
)
def test_nothing_that_is_said_breaks_it(text: str) -> None:
    written = WRITER.figures(text)
    # What stands around the numbers is all still there.
    kept = "的了我楼"
    assert [c for c in written if c in kept] == [c for c in text if c in kept]
