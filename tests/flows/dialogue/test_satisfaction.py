"""How callers rate a call: by key or words, with the reason where they are not content."""

from __future__ import annotations

from flows.dialogue import DialogueConfig, FlowData
from flows.opinion import Rating
from tests.flows.dialogue.script import follow

ASKED = DialogueConfig()
MATTER = """
caller: 昨天海城区人民路路灯坏了
caller: #1
caller: #2
caller: 对
hotline: filed.number
caller: 没有了
hotline: rate.machine rate.ask
"""
PERSON = """
caller: #0
caller: /transfer-ends
hotline: rate.person rate.ask
"""


def test_after_a_matter_by_key(data: FlowData) -> None:
    call = follow(data, MATTER + "caller: #1\nhotline: rate.thanks\nover:", config=ASKED)
    assert call.ratings == [Rating("machine", "满意")]


def test_after_a_person_in_words(data: FlowData) -> None:
    call = follow(data, PERSON + "caller: 基本满意\nhotline: rate.thanks\nover:", config=ASKED)
    assert call.ratings == [Rating("person", "基本满意")]


def test_not_satisfied_is_kept_at_once_and_then_with_its_reason(data: FlowData) -> None:
    call = follow(
        data,
        PERSON
        + "caller: 不满意\nhotline: rate.why\n"
        + "caller: 那个人说话很不耐烦\nhotline: rate.sorry\nover:",
        config=ASKED,
    )
    assert call.ratings == [
        Rating("person", "不满意"),
        Rating("person", "不满意", "态度不好", "那个人说话很不耐烦"),
    ]


def test_the_reason_by_keys(data: FlowData) -> None:
    script = "caller: #3\ncaller: #1\nhotline: reason.没人联系 key.1\ncaller: #9\ncaller: #2\nover:"
    call = follow(data, PERSON + script, config=ASKED)
    assert call.ratings[-1] == Rating("person", "不满意", "政策限制不认可")


def test_without_recognition_there_are_keys(data: FlowData) -> None:
    script = "caller: /speech-lost\nhotline: rate.ask\ncaller: #3\nhotline: rate.why-keys\n"
    call = follow(data, PERSON + script + "caller: #1\ncaller: #4\nover:", config=ASKED)
    assert call.ratings[-1].reason == "处理太慢"


def test_whoever_hangs_up_at_the_reason_has_rated(data: FlowData) -> None:
    call = follow(data, PERSON + "caller: #3\ncaller: /hangup\nno-ticket:", config=ASKED)
    assert call.ratings == [Rating("person", "不满意")]


def test_silence_and_goodbye_are_no_rating(data: FlowData) -> None:
    silent = "caller: /silence\nhotline: rate.ask\ncaller: /silence\nhotline: goodbye\nover:"
    assert follow(data, MATTER + silent, config=ASKED).ratings == []
    assert follow(data, MATTER + "caller: 谢谢再见\nover:", config=ASKED).ratings == []


def test_doubt_is_asked_again(data: FlowData) -> None:
    script = "caller: 没有不满意\nhotline: rate.retry\ncaller: 满意\nover:"
    assert follow(data, MATTER + script, config=ASKED).ratings == [Rating("machine", "满意")]


def test_another_matter_may_be_named_instead_and_nobody_is_asked_twice(data: FlowData) -> None:
    script = """caller: 海城区北部湾路的路灯也坏了
caller: #1
caller: 昨天
caller: #1
caller: #2
caller: 对
caller: 没有了
hotline: goodbye
over:
"""
    call = follow(data, MATTER + script, config=ASKED)
    assert call.ratings == []


def test_an_emergency_is_never_rated(data: FlowData) -> None:
    follow(
        data,
        """
        caller: 楼道里面好大煤气味，是不是漏气了
        transfer: 119 emergency
        caller: /transfer-ends
        hotline: em.over.ask
        caller: #1
        transfer: operator emergency
        caller: /transfer-ends
        hotline: transfer.ended
        over:
        """,
        config=ASKED,
    )


def test_it_can_be_turned_off(data: FlowData) -> None:
    only = DialogueConfig(rate=("person",))
    follow(data, MATTER.replace("hotline: rate.machine rate.ask\n", "over:"), config=only)
    follow(data, PERSON, config=only)
