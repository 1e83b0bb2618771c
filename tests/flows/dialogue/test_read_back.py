"""What was taken down is corrected, at the read-back and before it."""

from __future__ import annotations

from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow


def test_a_correction_in_passing_replaces_the_place(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天福成镇路灯坏了
        hotline: intent.cmp.streetlight form.where.detail
        caller: 不对，是侨港镇
        hotline: common.fixed form.where.detail
        caller: 没有
        hotline: form.contact
        caller: 可以
        caller: 不用
        hotline: town.450503103
        """,
    )


def test_the_read_back_takes_a_correction_with_the_no(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天晚上海城区人民路路灯坏了
        caller: 可以
        caller: 不用
        hotline: readback.start county.450502
        caller: 不对，是合浦县
        hotline: common.fixed readback.start county.450521 readback.ask
        caller: 对
        ticket: place.county_code=450521
        """,
    )


def test_the_read_back_asks_which_field_is_wrong(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天晚上海城区人民路路灯坏了
        caller: 可以
        caller: 不用
        hotline: readback.ask
        caller: 不对
        hotline: readback.which
        caller: 时间
        hotline: form.when
        caller: 前天下午
        hotline: readback.start
        says: 前天下午
        caller: #2
        hotline: readback.which
        caller: #1
        hotline: form.what
        caller: 人民路三盏路灯都不亮了
        hotline: readback.start
        caller: #2
        caller: #5
        hotline: form.confidential
        caller: 要保密
        hotline: readback.hidden
        caller: #2
        caller: #4
        hotline: form.contact.ask
        caller: #13800000000
        caller: 不对
        caller: 地方错了
        hotline: form.where
        caller: 银海区四川南路美和家园
        hotline: readback.where county.450503
        caller: 是的
        ticket: occurred=前天下午 content=人民路三盏路灯都不亮了 contact_number=13800000000
        ticket: place.county=银海区 confidential=对承办单位隐名
        """,
    )


def test_a_wrong_understanding_is_taken_back(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 人民路路灯坏了
        hotline: intent.cmp.streetlight ask.if-wrong
        caller: 不对
        hotline: open.other
        state: OpenQuestion
        caller: 楼下饭店油烟直接排到我家窗口
        hotline: intent.cmp.oil_fume
        """,
    )


def test_an_addition_at_the_read_back_is_kept(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天晚上海城区人民路路灯坏了
        caller: 可以
        caller: 不用
        caller: 对，还有井边的栏杆也断了
        hotline: common.ok readback.start
        caller: 没问题
        ticket: content=昨天晚上海城区人民路路灯坏了，还有井边的栏杆也断了
        """,
    )
