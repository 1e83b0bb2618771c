"""What an outcome brings with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace

from adapters.leader import Outcome, OutcomeKind, Reopening
from adapters.leader_store import Recorded
from adapters.leader_wire import WireOutcome, WireReopening
from adapters.model import Line
from ivr.leader.notes import draft
from ivr.leader.outcomes import Form, Giver, disagrees, give
from ivr.leader.rules import load
from ivr.leader.sessions import NotAllowed
from tests.adapters.leader_samples import DAY, case, item, outcome, session
from tests.adapters.samples import NOON

DATA = load()
SESSION = session(session_id="LD1", state="进行中")
ITEM = item(1, "LD1", item_id=5, attempts=1)
LEADER = Giver("zhou", "周局长", "leader")
HOST = Giver("sun", "孙主持", "host")
REDO: OutcomeKind = "未解决诉求合理重办"


def given(kind: OutcomeKind, giver: Giver = LEADER, **more: Any) -> Recorded:
    known = more.pop("known", None)
    cases = {name: more.pop(name, None) for name in ("case", "confirming")}
    listed = more.pop("item", ITEM)
    form = Form(kind, **({"notes": "尽快修好"} | more))
    return give(form, giver, known, listed, SESSION, DATA, at=NOON, **cases)


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_each_outcome_is_told_to_the_platform(kind: OutcomeKind) -> None:
    recorded = given(kind, again=NOON + DAY)
    told = msgspec.json.decode(recorded.reports[0].body, type=WireOutcome)
    assert (told.outcome, told.ticket_no, told.revision) == (kind, ITEM.ticket_no, 1)
    assert (told.leader, told.given_by, told.purpose) == ("周局长", "周局长", "review")
    assert (told.again is not None) == (kind == "改约")
    again = kind in ("未接通", "改约")
    assert recorded.item.state == ("waiting" if again else "done")
    assert len(recorded.reopenings) == (kind == REDO)


def test_after_the_second_attempt_there_is_no_third() -> None:
    assert given("未接通", item=replace(ITEM, attempts=2)).item.state == "done"


def test_a_reopened_case_has_owner_unit_and_a_deadline_in_working_days() -> None:
    friday = datetime(2026, 9, 25, 10, 0).astimezone()  # the mid-autumn holiday begins
    recorded = give(Form(REDO, "灯没修"), HOST, None, ITEM, SESSION, DATA, at=friday)
    (opened,) = recorded.reopenings
    assert (opened.owner, opened.owner_name, opened.unit) == ("zhou", "周局长", "市城市管理局")
    # 28th to 30th, then the national holiday; the 8th and 9th.
    assert opened.deadline == datetime(2026, 10, 9, 18, 0).astimezone()
    told = msgspec.json.decode(recorded.reports[1].body, type=WireReopening)
    assert (told.state, told.revision, told.unit) == ("重办中", 1, "市城市管理局")
    other = given(REDO, unit="市公安局").reopenings[0]
    assert (other.unit, other.from_unit) == ("市公安局", "市城市管理局")


def test_an_outcome_put_right_withdraws_the_case() -> None:
    known = outcome(ITEM, kind=REDO, at=NOON, revision=1)
    opened = case(ITEM, revision=1)
    (withdrawn,) = given("已解决且认可", known=known, case=opened).reopenings
    assert (withdrawn.state, withdrawn.closed) == ("已撤回", NOON)
    (again,) = given(REDO, known=known, case=replace(withdrawn, revision=2)).reopenings
    assert (again.state, again.closed, again.revision) == ("重办中", None, 2)
    (same,) = given(REDO, known=known, case=opened, unit="市公安局").reopenings
    assert (same.opened, same.unit) == (opened.opened, "市公安局")
    with pytest.raises(NotAllowed):
        given("已解决且认可", known=known, case=replace(opened, state="待确认"))


@pytest.mark.parametrize(
    ("kind", "state", "satisfied"),
    [
        ("已解决且认可", "已解决", True),
        ("已解决不认可", "已解决", False),
        (REDO, "再次重办", False),
        ("未解决政策不支持已解释", "已解释", False),
        ("拒访", "未能确认", None),
    ],
)
def test_the_confirming_call_settles_the_case(
    kind: OutcomeKind, state: str, satisfied: bool | None
) -> None:
    opened: Reopening = case(ITEM, opened=NOON - 3 * DAY, state="待确认", revision=2)
    second = item(1, "LD1", item_id=9, attempts=1, purpose="confirm", reopening_id=5)
    recorded = given(kind, item=second, confirming=opened)
    settled = recorded.reopenings[-1]
    assert (settled.reopening_id, settled.state, settled.closed) == (5, state, NOON)
    assert settled.satisfied is satisfied
    assert settled.redo_s == (3 * 86400 if state == "已解决" else 0)
    assert settled.signed_by == "zhou"
    if kind == REDO:
        assert recorded.reopenings[0].reopening_id == 9
    assert [one.kind for one in recorded.reports].count("leader-reopening") == len(
        recorded.reopenings
    )
    by_host = given(kind, HOST, item=second, confirming=opened).reopenings[-1]
    assert by_host.signed is None


def test_a_confirming_call_that_reached_nobody_leaves_the_case_open() -> None:
    opened = case(ITEM, state="待确认", revision=2)
    second = item(1, "LD1", item_id=9, attempts=1, purpose="confirm", reopening_id=5)
    assert not given("未接通", item=second, confirming=opened).reopenings
    last = given("未接通", item=replace(second, attempts=2), confirming=opened)
    assert last.reopenings[0].state == "未能确认"


def test_what_cannot_be_given() -> None:
    with pytest.raises(NotAllowed, match="again"):
        given("改约")
    with pytest.raises(NotAllowed, match="removed"):
        given("拒访", item=replace(ITEM, state="removed"))


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("已解决且认可", "23"),
        ("已解决不认可", "13"),
        (REDO, "1"),
        ("未解决政策不支持已解释", "3"),
        ("未接通", ""),
        ("", ""),
    ],
)
def test_a_key_that_says_otherwise_is_seen(kind: Any, keys: str) -> None:
    known = Outcome(1, "LD1", "BH1", kind=kind)
    seen = "".join(key for key in "123" if disagrees(replace(known, key=key), DATA.rules))
    assert seen == keys
    assert not disagrees(known, DATA.rules)


def test_notes_from_the_transcript_are_nobodys_word_until_confirmed() -> None:
    drafted = outcome(ITEM, notes="群众意见：灯没修。", notes_from="transcript", revision=1)
    untouched = given("拒访", known=drafted, notes=drafted.notes).outcome
    assert (untouched.notes_from, untouched.confirmed_by) == ("transcript", "")
    confirmed = given("拒访", known=drafted, notes=drafted.notes, confirmed=True).outcome
    assert (confirmed.confirmed_by, confirmed.confirmed) == ("zhou", NOON)
    written = given("拒访", known=drafted, notes="灯没修，三天内修").outcome
    assert (written.notes_from, written.confirmed_by) == ("form", "zhou")
    assert given("拒访", notes="").outcome.confirmed_by == ""
    told = msgspec.json.decode(
        given("拒访", known=drafted, notes=drafted.notes).reports[0].body, type=WireOutcome
    )
    assert told.notes_confirmed is False
    assert told.revision == 2


def test_a_draft_of_the_notes_keeps_what_weighs() -> None:
    lines = [
        Line("hotline", 0, 1, "本次通话将被录音"),
        Line("leader", 1, 2, "您好，我是市城市管理局的周局长"),
        Line("caller", 2, 3, "嗯"),
        Line("caller", 3, 4, "人民路的灯还没有修好", clean="人民路的灯还没有修好。"),
        Line("leader", 4, 5, "我们三天内派人去修，打您 13812345678"),
        Line("caller", 5, 6, "1", by_keys=True),
    ]
    assert draft(lines, DATA.rules.promise_words) == (
        "群众意见：人民路的灯还没有修好。\n答复或承诺：我们三天内派人去修，打您 138****5678。"
    )
    assert draft(lines[:3], DATA.rules.promise_words) == ""
    assert len(draft(lines * 500, DATA.rules.promise_words)) < 1300
