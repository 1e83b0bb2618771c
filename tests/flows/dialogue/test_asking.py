"""What a router's likelihoods lead to: going on, asking back, asking which, or asking anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from flows.dialogue import FlowData
from flows.routing.result import LIKELY, SURE, RouteResult, Scored
from tests.flows.dialogue.script import follow

MIDDLING = (SURE + LIKELY) / 2
ROAD = Scored("cmp.road", "路面破损积水", MIDDLING)
LIGHT = Scored("cmp.streetlight", "路灯不亮", MIDDLING * 0.8)


class Routes:
    """A router that knows one sentence by heart and leaves the others to the real one."""

    def __init__(self, inner: Any, text: str, *ranked: Scored) -> None:
        self._inner = inner
        self._text = text
        self._result = RouteResult(
            ranked[0].intent, ranked[0].name, ranked[0].score, tuple(ranked[1:])
        )

    def route(self, text: str, alternatives: Sequence[str] = ()) -> RouteResult:
        if text == self._text:
            return self._result
        result: RouteResult = self._inner.route(text, alternatives)
        return result


def routing(data: FlowData, *ranked: Scored) -> FlowData:
    """The data with "那个路" routed to ``ranked``."""
    router: Any = Routes(data.knowledge.router, "那个路", *ranked)
    return replace(data, knowledge=replace(data.knowledge, router=router))


def test_a_sure_guess_goes_on_with_a_chance_to_correct(data: FlowData) -> None:
    sure = replace(ROAD, score=SURE + 0.01)
    follow(
        routing(data, sure, LIGHT),
        """
        caller: 那个路
        hotline: you.report intent.cmp.road ask.if-wrong form.where
        """,
    )


@pytest.mark.parametrize("yes", ["#1", "对", "是的", "队"])
def test_a_middling_guess_is_confirmed(data: FlowData, yes: str) -> None:
    follow(
        routing(data, ROAD),
        f"""
        caller: 那个路
        hotline: you.report intent.cmp.road ask.right ask.yes-keys
        state: Confirm
        caller: {yes}
        state: Where
        """,
    )


def test_a_wrong_guess_is_dropped_and_not_offered_again(data: FlowData) -> None:
    follow(
        routing(data, ROAD),
        """
        caller: 那个路
        state: Confirm
        caller: 不对
        hotline: open.other
        state: OpenQuestion
        caller: 那个路
        hotline: open.unknown.1
        """,
    )


def test_no_with_the_right_thing_behind_it(data: FlowData) -> None:
    follow(
        routing(data, ROAD),
        """
        caller: 那个路
        caller: 不是，是路灯坏了
        hotline: intent.cmp.streetlight
        """,
    )


def test_another_sentence_instead_of_yes_or_no(data: FlowData) -> None:
    follow(
        routing(data, ROAD),
        """
        caller: 那个路
        caller: 我们小区垃圾好几天没有人收了
        hotline: intent.cmp.garbage
        """,
    )


@pytest.mark.parametrize("second", ["#2", "第二个", "路灯", "后面那个"])
def test_two_likely_ones_are_offered(data: FlowData, second: str) -> None:
    follow(
        routing(data, ROAD, LIGHT),
        f"""
        caller: 那个路
        hotline: choose.ask intent.cmp.road key.1 intent.cmp.streetlight key.2 choose.none
        state: Choose
        caller: {second}
        state: Where
        caller: 海城区人民路
        hotline: form.when
        caller: 昨天
        caller: 可以
        caller: 不用
        caller: 对
        ticket: recognised.intent=cmp.streetlight content=那个路
        """,
    )


@pytest.mark.parametrize("neither", ["#3", "都不是", "都不对"])
def test_neither_of_the_two(data: FlowData, neither: str) -> None:
    follow(
        routing(data, ROAD, LIGHT),
        f"""
        caller: 那个路
        caller: {neither}
        hotline: open.other
        """,
    )


def test_a_choice_that_is_not_heard_is_asked_once_more(data: FlowData) -> None:
    follow(
        routing(data, ROAD, LIGHT),
        """
        caller: 那个路
        caller: 哦哦
        hotline: choose.retry
        caller: 第一个
        hotline: form.where
        """,
    )


def test_an_unlikely_guess_is_asked_anew(data: FlowData) -> None:
    follow(
        routing(data, replace(ROAD, score=LIKELY - 0.01)),
        """
        caller: 那个路
        hotline: open.unknown.1
        """,
    )


def test_a_guess_that_makes_no_question_is_not_asked(data: FlowData) -> None:
    follow(
        routing(data, Scored("sys.wrong", "打错电话或无诉求", MIDDLING)),
        """
        caller: 那个路
        hotline: open.unknown.1
        """,
    )


def test_a_suspected_danger_is_asked_about(data: FlowData) -> None:
    follow(
        routing(data, Scored("em.road_collapse", "道路塌陷", MIDDLING)),
        """
        caller: 那个路
        hotline: em.road_collapse.ask
        """,
    )
