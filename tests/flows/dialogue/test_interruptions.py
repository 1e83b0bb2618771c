"""A form that is given up, another matter in the middle of one, and an emergency in its middle."""

from __future__ import annotations

import pytest

from flows.commands import FileTicket, Note
from flows.dialogue import DialogueConfig, FlowData
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Proceed
from flows.dialogue.service.query import Answering
from flows.routing.several import besides
from flows.simulator import Simulation
from flows.twin import CODE
from tests.flows.dialogue.script import follow
from tests.flows.dialogue.service.caller import ID_NO

# Ways to the questions of one service, and of a complaint.
FORM = f"""\
caller: 社保卡丢了
caller: 张三
caller: #{ID_NO}
caller: #1234
caller: 昨天下午
caller: #1"""
COMPLAINT = "caller: 昨天晚上海城区人民路路灯坏了\ncaller: 可以\ncaller: #2"
ASKING = {
    "AskConsent": FORM,
    "ReadForm": f"{FORM}\ncaller: 同意",
    "WhichEntry": f"{FORM}\ncaller: 同意\ncaller: #2",
    "EnterCode": f"{FORM}\ncaller: 同意\ncaller: 对\ncaller: 对",
    "NotVerified": f"caller: /fails SendCode\n{FORM}\ncaller: 同意\ncaller: 对\ncaller: 对",
    "Refused": f"{FORM}\ncaller: 不同意",
    "ReadBack": COMPLAINT,
    "WhichField": f"{COMPLAINT}\ncaller: #2",
}
LIGHT = "还有我家路灯坏了"
FIRE = "隔壁着火了好大的烟快来人"


def tickets(call: Simulation) -> list[tuple[str, bool]]:
    """What was filed, by intent, and whether it was complete."""
    return [(one.draft.recognised.intent, one.draft.complete) for one in call.filed]


# --- giving up ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", ASKING)
@pytest.mark.parametrize("words", ["不办了", "取消", "算了", "那就不办了"])
def test_a_form_is_given_up_at_any_question(data: FlowData, state: str, words: str) -> None:
    follow(
        data,
        f"{ASKING[state]}\nstate: {state}\ncaller: {words}\nhotline: common.ok open.more\n"
        "caller: 没有了\nhotline: goodbye\nno-ticket:\nover:",
    )


def test_at_a_field_a_mere_never_mind_may_mean_the_field(data: FlowData) -> None:
    for way, field, plainly in (
        ("caller: #0602\ncaller: 张三", "AskField", "取消"),
        ("caller: 海城区人民路路灯坏了", "When", "不投诉了"),
        ("caller: 昨天晚上海城区人民路路灯坏了\ncaller: #2", "Contact", "取消"),
    ):
        call = follow(data, f"{way}\ncaller: 算了\nstate: {field}")
        call.type(plainly)
        assert call.dialogue.state == "OpenQuestion", field
        assert call.dialogue.draft is None


def test_the_rest_of_an_answer_is_given_up_not_the_answer(data: FlowData) -> None:
    move = Answering().heard(Call(data, DialogueConfig()), Said("算了"))
    assert isinstance(move, Proceed)


# --- another matter -----------------------------------------------------------------------


@pytest.mark.parametrize("state", [name for name in ASKING if name != "NotVerified"])
def test_another_matter_is_kept_at_any_question(data: FlowData, state: str) -> None:
    words = "还有小区物业不作为" if state in ("ReadBack", "WhichField") else LIGHT
    call = follow(data, f"{ASKING[state]}\ncaller: {words}\nhotline: several.kept\nstate: {state}")
    # It is no failure, however often it is said: nobody is given to a person for it.
    for _ in range(3):
        call.type(words)
    assert call.dialogue.state == state
    assert not call.transfers


def test_it_is_taken_up_when_the_form_is_done(data: FlowData) -> None:
    call = follow(
        data,
        f"""{ASKING["ReadForm"]}
caller: {LIGHT}
hotline: several.kept readback.start
caller: 对
caller: 对
caller: #{CODE}
hotline: filed.number several.next intent.cmp.streetlight form.where.county
state: Where
caller: 海城区北部湾东路
caller: 昨天
caller: #1
caller: #2
caller: #1
hotline: filed.number filed.ask
""",
    )
    assert tickets(call) == [("svc.0602", True), ("cmp.streetlight", True)]


def test_it_is_taken_up_when_the_form_is_given_up(data: FlowData) -> None:
    follow(
        data,
        f"caller: #0602\ncaller: 张三\ncaller: {LIGHT}\ncaller: 不办了\n"
        "hotline: several.next intent.cmp.streetlight\nstate: Where",
    )


def test_the_answer_before_it_counts(data: FlowData) -> None:
    call = follow(
        data, f"caller: #0602\ncaller: 张三，{LIGHT}\nhotline: several.kept slot.id_no.ask"
    )
    assert call.dialogue.field == "id_no"
    follow(data, f"{COMPLAINT}\ncaller: 对，还有小区物业不作为\nhotline: several.kept several.next")


def test_who_hangs_up_has_it_on_the_ticket(data: FlowData) -> None:
    call = follow(data, f"caller: #0602\ncaller: 张三\ncaller: {LIGHT}\ncaller: /hangup")
    assert "我家路灯坏了" in call.filed[0].draft.content


def test_where_a_number_is_dictated_none_gets_into_the_other_matter(data: FlowData) -> None:
    call = follow(
        data,
        "caller: #0602\ncaller: 张三\ncaller: 还有我家路灯坏了，我电话幺三九零零零零五六七八\n"
        "hotline: several.kept\ncaller: /hangup",
    )
    notes = "".join(command.text for command in call.commands if isinstance(command, Note))
    told = notes + call.filed[0].draft.content
    assert "零零零零五六七八" not in told
    assert "13900005678" not in told


@pytest.mark.parametrize(
    "words", ["我家路灯坏了", "我要投诉物业乱收费", "对了，顺便，人民路路灯坏了"]
)
def test_a_service_needs_no_word_that_announces_it(data: FlowData, words: str) -> None:
    follow(data, f"caller: #0602\ncaller: 张三\ncaller: {words}\nhotline: several.kept")


@pytest.mark.parametrize(
    ("way", "words"),
    [
        # Not sure, no matter, the same matter, the same story, an answer that is expected.
        ("caller: #0602\ncaller: 张三", "还有一个事"),
        ("caller: #0602\ncaller: 张三", "今天天气真好"),
        ("caller: #0602\ncaller: 张三", "还有社保卡丢了"),
        ("caller: 小区物业不作为", "还有他态度很差"),
        (f"{FORM}\ncaller: 同意\ncaller: #2", "还有姓名也错了"),
        # Who only now hears what was understood says what was meant.
        ("caller: 社保卡丢了", "我家路灯坏了"),
        # Who files a complaint goes on telling of it.
        ("caller: 昨天小区物业不作为", "人民路路灯坏了没人修"),
        # What it is about may be told at any length.
        ("caller: 我要投诉", "物业不作为，还有人民路的路灯坏了"),
    ],
)
def test_what_is_no_other_matter_is_not_kept(data: FlowData, way: str, words: str) -> None:
    call = follow(data, way)
    since = len(call.lines)
    call.type(words)
    assert all("这件事我记下了" not in line.text for line in call.lines[since:])


def test_no_other_matter_hides_an_emergency(data: FlowData) -> None:
    assert besides(data.knowledge.router, f"还有{FIRE}") is None
    follow(data, f"caller: #0602\ncaller: 张三\ncaller: 还有{FIRE}\ntransfer: 119 emergency")


# --- an emergency in the middle -------------------------------------------------------------

INTERRUPTED = f"caller: 社保卡丢了\ncaller: 张三\ncaller: #{ID_NO}\ncaller: {FIRE}"
OFFERED = f"""{INTERRUPTED}
caller: /transfer-ends
caller: 没事了
hotline: svcform.resume.your svc.0602 svcform.resume.ask
state: AfterEmergency
"""


def test_the_form_is_gone_on_with_after_an_emergency(data: FlowData) -> None:
    call = follow(
        data,
        f"""{OFFERED}caller: 继续
hotline: svcform.resume.on slot.card_tail.ask
caller: #1234
caller: 昨天下午
caller: #1
caller: 同意
caller: 对
caller: 对
caller: #{CODE}
hotline: filed.number filed.ask
caller: 没有了
over:
""",
    )
    assert tickets(call) == [("em.fire", True), ("svc.0602", True)]
    application = call.filed[1].draft.application
    assert application is not None
    assert application.fields[0].value == "张三"


def test_after_the_operator_too(data: FlowData) -> None:
    follow(
        data,
        INTERRUPTED.replace(f"caller: {FIRE}", f"caller: /transfer-fails\ncaller: {FIRE}")
        + "\ncaller: /transfer-ends\nhotline: em.over.back svcform.resume.ask\ncaller: #1\n"
        "hotline: svcform.resume.on slot.card_tail.ask",
    )


def test_a_no_drops_it(data: FlowData) -> None:
    call = follow(data, f"{OFFERED}caller: 不用了\nstate: OpenQuestion\ncaller: 没有了\nover:")
    assert tickets(call) == [("em.fire", True)]


@pytest.mark.parametrize("end", ["caller: /hangup", "caller: /silence\ncaller: /silence\nover:"])
def test_who_goes_leaves_it_unfinished(data: FlowData, end: str) -> None:
    assert tickets(follow(data, f"{OFFERED}{end}")) == [("em.fire", True), ("svc.0602", False)]


def test_who_hangs_up_on_the_fire_brigade_leaves_it_unfinished(data: FlowData) -> None:
    call = follow(data, f"{INTERRUPTED}\ncaller: /hangup")
    assert tickets(call) == [("em.fire", True), ("svc.0602", False)]


def test_whoever_needs_help_is_not_asked(data: FlowData) -> None:
    follow(
        data, f"{INTERRUPTED}\ncaller: /transfer-ends\ncaller: 还没来\ntransfer: operator emergency"
    )


def test_another_emergency_is_heard_at_the_offer(data: FlowData) -> None:
    call = follow(data, f"{OFFERED}caller: 有人要跳楼站在天台上")
    filed = [one for one in call.commands if isinstance(one, FileTicket)]
    assert [one.draft.emergency_kind for one in filed] == ["em.fire", "em.life"]


def test_something_else_may_be_told_at_the_offer(data: FlowData) -> None:
    call = follow(data, f"{OFFERED}caller: 人民路路灯坏了\nstate: Where\ncaller: /hangup")
    assert tickets(call)[1:] == [("cmp.streetlight", False), ("svc.0602", False)]
