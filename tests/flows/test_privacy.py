"""Masking: what a person may not read is gone, what an engineer needs is there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.privacy import mask_number, mask_text


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+8613812345678", "+861******5678"),
        ("07792031234", "077****1234"),
        ("2031234", "20***34"),
        ("138-1234-5678", "138-****-5678"),
        ("45050219800101123X", "450***********123X"),
        ("12345", "*****"),
        ("", ""),
        ("anonymous", "anonymous"),
    ],
)
def test_a_number_keeps_its_ends(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请打13812345678找我", "请打138****5678找我"),
        ("tel13812345678", "tel138****5678"),
        ("sip:13812345678@10.0.0.1:5060", "sip:138****5678@10.0.0.1:5060"),
        ("我的电话是幺三八一二三四五六七八", "我的电话是幺三八****五六七八"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("138 1234 5678 或 0779-2031234", "138 **** 5678 或 077*-***1234"),
        ("身份证45050219800101123X", "身份证450***********123X"),
        ("call 20261123074309-788ffaca658e over", "call 20261123074309-788ffaca658e over"),
        ("20261123074309-788ffaca", "202*******4309-788ffaca"),
        ("拨打12345或110", "拨打12345或110"),
        ("一百二十三号", "一百二十三号"),
        ("", ""),
    ],
)
def test_text_keeps_everything_but_long_numbers(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "ticket BH20261123000001 delivered",
        "call 6f1d7a0e-3d4b-5c0a-9f55-0b1b7d5b1234 ended",
        "call 0123456789abcdef0123456789abcdef ended",
        "2026-11-23 12:34:56,789",
        "工单BH20261123000001已登记",
    ],
)
def test_what_a_log_is_searched_by_stays(text: str) -> None:
    assert mask_text(text) == text


def test_a_number_beside_a_ticket_number_is_masked_all_the_same() -> None:
    assert mask_text("BH20261123000001 13812345678") == "BH20261123000001 138****5678"
    assert mask_text("BH202611230000011") != "BH202611230000011"


@given(st.text(), st.from_regex(r"\A1[3-9][0-9]{9}\Z"), st.text())
def test_no_mobile_number_survives_in_any_surroundings(
    before: str, number: str, after: str
) -> None:
    # Letters and digits that touch it would make it part of something else.
    text = f"{before}，{number}，{after}"
    assert number not in mask_text(text)


@given(st.text(alphabet=st.sampled_from("0123456789幺三八 -,()Xx"), max_size=40))
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask_text(text)
    assert not re.search(r"\d{11}", masked)
    assert mask_text(masked) == masked
