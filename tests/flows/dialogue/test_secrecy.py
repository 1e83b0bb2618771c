"""Whose name is kept back, and from whom."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow


def test_whistle_blowing_is_kept_secret_without_asking(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我要举报某单位公车私用，我的名字不要告诉别人
        hotline: intent.cmp.whistle form.confidential.whistle form.when
        caller: 上个月
        hotline: form.contact
        caller: 可以
        hotline: readback.secret
        caller: 对
        ticket: type=举报 confidential=全程保密 occurred=上个月
        """,
    )


def test_what_is_said_about_secrecy_counts_later(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 我反映问题，但是不要把我电话给对方
        hotline: confidential.noted
        caller: 昨天晚上海城区人民路路灯坏了
        hotline: form.contact
        caller: 可以
        hotline: readback.hidden
        caller: 对
        ticket: confidential=对承办单位隐名
        """,
    )
    assert len(call.filed) == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("不要公开我的名字", "对承办单位隐名"),
        ("不用保密", "公开"),
        ("可以公开", "公开"),
        ("不需要", "公开"),
        ("对谁都保密", "全程保密"),
        ("要", "对承办单位隐名"),
    ],
)
def test_what_may_be_said_about_secrecy(data: FlowData, said: str, kept: str) -> None:
    follow(
        data,
        f"""
        caller: 昨天晚上海城区人民路路灯坏了
        caller: 就用这个
        hotline: form.confidential
        caller: {said}
        caller: 嗯对的没错
        ticket: confidential={kept} content=昨天晚上海城区人民路路灯坏了
        caller: 没有别的了谢谢你
        hotline: goodbye
        """,
    )
