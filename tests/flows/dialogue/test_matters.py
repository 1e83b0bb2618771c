"""Whole conversations in which something is taken down."""

from __future__ import annotations

from flows.dialogue import FlowData
from tests.flows.dialogue.script import follow


def test_a_broken_street_light_told_in_one_sentence(data: FlowData) -> None:
    follow(
        data,
        """
        hotline: greet.notice open.ask
        caller: 人民路路灯坏了半个月晚上很黑
        hotline: you.report intent.cmp.streetlight ask.if-wrong form.where.road county.450502
        caller: 海城区
        hotline: form.contact
        caller: 可以
        hotline: form.confidential
        caller: 不需要
        hotline: readback.start intent.cmp.streetlight readback.what readback.where county.450502
        says: 人民路
        hotline: readback.when readback.contact.caller readback.ask
        says: 半个月
        caller: 对
        ticket: type=求助 recognised.intent=cmp.streetlight place.county_code=450502
        ticket: place.place=人民路 occurred=半个月 contact_number=13900000001 confidential=公开
        ticket: complete=yes call_back=no recognised.confirmed=yes
        ticket: content=人民路路灯坏了半个月晚上很黑
        hotline: filed.number filed.ask
        says: BH20261123000001
        caller: 没有了
        hotline: goodbye
        over:
        """,
    )


def test_nothing_already_known_is_asked_again(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 昨天晚上八点侨港镇有人占道经营
        hotline: intent.cmp.occupy_road
        """,
    )
    said = "".join(line.text for line in call.lines)
    assert "什么时候" not in said
    assert "哪个县区" not in said


def test_the_keypad_alone_files_a_request(data: FlowData) -> None:
    follow(
        data,
        """
        caller: #1
        hotline: menu.root menu.report key.1 menu.services key.2 menu.person
        caller: #1
        hotline: menu.report.ask menu.group.road menu.more
        caller: #2
        hotline: menu.topic.ask intent.cmp.streetlight key.1
        caller: #1
        hotline: form.where.county county.450502 key.1 county.450521 key.4
        caller: #2
        hotline: menu.town.ask town.450503100 key.1
        caller: #4
        hotline: form.when
        caller: #2
        hotline: form.contact
        caller: #1
        hotline: form.confidential
        caller: #1
        hotline: readback.start readback.ask
        caller: #1
        ticket: type=求助 recognised.intent=cmp.streetlight place.town=侨港镇 place.county=银海区
        ticket: occurred=昨天 contact_number=13900000001 confidential=对承办单位隐名
        hotline: filed.number
        caller: #1
        hotline: filed.again
        """,
    )


def test_only_the_kind_is_said_first(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我要投诉
        hotline: form.what
        caller: 物业费收那么贵，又不打扫卫生
        hotline: form.where
        caller: 海城区北部湾广场旁边
        hotline: form.when
        caller: 说不清楚
        hotline: form.contact
        caller: 可以
        caller: 匿名
        hotline: readback.hidden
        caller: 对
        ticket: type=投诉 recognised.intent=cmp.property occurred=不清楚
        """,
    )


def test_praise_asks_only_what_it_needs(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 你们上次派来的网格员处理得很快，我想表扬一下
        hotline: form.contact
        caller: 可以
        hotline: readback.ask
        caller: 对
        ticket: type=表扬
        """,
    )


def test_progress_with_the_last_six_digits(data: FlowData) -> None:
    follow(
        data,
        """
        caller: /fails AskProgress
        caller: 我上次反映的那个事情，办到哪一步了
        hotline: svcform.progress.unavailable progress.noted progress.ask
        caller: 零零零零幺二
        hotline: form.contact
        caller: 可以
        caller: 对
        ticket: type=咨询 recognised.intent=sys.progress
        """,
    ).filed[0].draft.content.endswith("工单号后六位 000012。")


def test_urging_without_the_number(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 都过了一个星期了还没人联系我，催一下
        hotline: svcform.progress.nothing
        caller: 登记下来
        hotline: urge.noted
        caller: 不记得了
        hotline: form.contact
        caller: 可以
        caller: 对
        ticket: recognised.intent=sys.urge
        """,
    )
    assert "不记得工单号" in call.filed[0].draft.content


def test_two_matters_in_one_call(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: #1
        hotline: filed.number
        caller: 有
        hotline: common.ok
        caller: 昨天晚上海城区人民路路灯坏了
        caller: 可以
        caller: 不用
        caller: 对
        hotline: filed.number
        says: BH20261123000002
        caller: /silence
        hotline: closing.noinput.1
        caller: 谢谢
        over:
        """,
    )
    assert [command.draft.type for command in call.filed] == ["咨询", "求助"]


def test_the_ticket_number_is_said_again(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: #1
        caller: 再说一遍
        hotline: filed.again
        says: BH20261123000001
        """,
    )


def test_a_place_that_nobody_knows_is_kept_as_said(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天路灯坏了
        hotline: form.where
        caller: 就是我家楼下那里
        hotline: form.where.retry
        caller: 大水沟旁边那个坡下面
        hotline: form.contact
        caller: 可以
        caller: 不用
        caller: 对
        ticket: place.place=大水沟旁边那个坡下面
        """,
    )


def test_an_ambiguous_road_asks_for_the_county(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 今天早上北海大道路面烂了好大一个坑
        hotline: form.where.road
        caller: #2
        hotline: form.contact
        """,
    )


def test_hang_up_in_the_middle_files_what_is_there(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 人民路路灯坏了
        caller: /hangup
        ticket: complete=no type=求助 place.place=人民路 contact_number=13900000001
        """,
    )


def test_hang_up_before_anything_was_said_files_nothing(data: FlowData) -> None:
    follow(data, "caller: /hangup\nno-ticket:")
    follow(data, "caller: #1\ncaller: /hangup\nno-ticket:")


def test_hang_up_after_filing_files_nothing_more(data: FlowData) -> None:
    call = follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: #1
        caller: /hangup
        no-ticket:
        """,
    )
    assert call.dialogue.draft is None


def test_a_question_that_turns_out_to_be_a_service(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我想问一下
        hotline: form.what
        caller: 社保卡丢了怎么挂失
        hotline: svc.0602
        state: AskField
        """,
    )


def test_a_matter_opened_loosely_takes_the_type_of_what_is_told(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 我要反映问题
        hotline: form.what
        caller: 海城区人民路昨天有人占道经营
        hotline: form.contact
        caller: 可以
        caller: 不用
        caller: 对
        ticket: type=投诉 recognised.intent=cmp.occupy_road
        """,
    )


def test_a_greeting_is_no_failure(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 你好
        hotline: open.noinput.1
        caller: 喂
        hotline: open.noinput.2
        caller: 路灯坏了
        hotline: intent.cmp.streetlight
        """,
    )


def test_silence_after_the_ticket_is_the_end(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 医保报销比例是多少
        caller: #1
        caller: #1
        caller: /silence
        hotline: closing.noinput.1
        caller: /silence
        hotline: goodbye.silent
        over:
        """,
    )


def test_not_knowing_is_an_answer_to_the_first_question_too(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 昨天路灯坏了
        hotline: form.where
        caller: 不知道
        hotline: form.contact
        """,
    )
