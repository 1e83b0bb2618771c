from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.values.digits import digit_runs, spoken_digits
from flows.values.phone import phone_in, phone_number, spoken_phone

WAYS = {
    "0": "零〇洞灵0",
    "1": "一幺壹腰1",
    "2": "二两贰2",
    "3": "三叁伞3",
    "4": "四肆死4",
    "5": "五伍舞5",
    "6": "六陆柳6",
    "7": "七拐柒妻7",
    "8": "八捌巴8",
    "9": "九勾玖酒9",
}
digits = st.text(alphabet="0123456789", min_size=1, max_size=20)
mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(digits, st.randoms(use_true_random=False))
def test_digits_survive_any_way_of_saying_them(number: str, chance) -> None:  # type: ignore[no-untyped-def]
    said = "".join(chance.choice(WAYS[digit]) for digit in number)
    assert spoken_digits(said) == number


@given(digits)
def test_plain_digits_are_one_run(number: str) -> None:
    assert digit_runs(f"电话{number}吧") == (number,)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三个零幺两", "00012"),
        ("我的号码是幺三九", "139"),
        ("一三九那个零零", "13900"),
        ("没有", ""),
        ("", ""),
        ("两个八九", "889"),
    ],
)
def test_spoken_digits(text: str, number: str) -> None:
    assert spoken_digits(text) == number


@given(mobiles, st.randoms(use_true_random=False))
def test_a_mobile_number_is_heard_in_a_sentence(number: str, chance) -> None:  # type: ignore[no-untyped-def]
    said = "".join(chance.choice(WAYS[digit][:2]) for digit in number)
    assert spoken_phone(f"你打我这个电话{said}", "0779") == number
    assert phone_in(f"打{number}找我") == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13900000001", "13900000001"),
        ("+8613900000001", "13900000001"),
        ("8613900000001", "13900000001"),
        ("008613900000001", "13900000001"),
        ("139-0000-0001", "13900000001"),
        ("2035678", "07792035678"),
        ("07792035678", "07792035678"),
        ("01065551234", "01065551234"),
        ("+867792035678", "07792035678"),
        ("12345", None),
        ("11900000001", None),
        ("1390000000", None),
        ("1001", None),
        ("anonymous", None),
        ("", None),
        ("00000000000", None),
    ],
)
def test_numbers_that_can_be_rung(text: str, number: str | None) -> None:
    assert phone_number(text, "0779") == number


def test_a_local_number_needs_an_area_code() -> None:
    assert phone_number("2035678") is None


@given(st.text(max_size=40))
def test_any_text_is_read(text: str) -> None:
    assert set(spoken_digits(text)) <= set("0123456789")
    number = spoken_phone(text, "0779")
    assert number is None or number.isdecimal()


@given(mobiles)
def test_a_number_is_stable(number: str) -> None:
    assert phone_number(number) == number
    assert phone_number(f"+86{number}") == number
