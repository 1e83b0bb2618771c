"""Work lists: chosen by the rules in order, the rest explained, the same for the same seed."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.leader import ClosedTicket, Step
from adapters.leader_draws import Draw, Promised
from ivr.leader.draw import (
    Basis,
    Drawn,
    basis_of,
    draw,
    explain,
    items,
    kept,
    reduced,
    unchanged,
)
from ivr.leader.facts import facts_of
from ivr.leader.rules import load
from tests.adapters.leader_samples import DAY, closed, item
from tests.adapters.samples import NOON

RULES = load().rules.selection


def basis(*tickets: ClosedTicket, **more: Any) -> Basis:
    leader, called = more.pop("leader", ""), more.pop("called", {})
    promised = more.pop("promised", {})
    given: dict[str, Any] = {
        "facts": facts_of(tickets, promised, called, leader=leader, rules=RULES),
        "places": 16,
        "seed": 7,
        "at": NOON,
        "rules": RULES,
        "leader": leader,
    }
    return Basis(**(given | more))


def rules_of(*tickets: ClosedTicket, **more: Any) -> dict[str, str]:
    return {one.ticket_no[-2:]: one.rule for one in draw(basis(*tickets, **more)).chosen}


def left_out(*tickets: ClosedTicket, **more: Any) -> dict[str, tuple[str, str]]:
    found = draw(basis(*tickets, **more)).excluded
    return {one.ticket_no[-2:]: (one.rule, one.why) for one in found}


def test_every_rule_chooses_in_its_order() -> None:
    tickets = [
        closed(1),
        closed(2, difficult=True),
        closed(3, repeated=2),
        closed(4, reason="没人联系"),
        closed(5, history=(Step(NOON, "已办结", "", "回访时称根本没人来过"),)),
        closed(6, satisfaction="不满意"),
        closed(7, result="部分解决"),
        closed(8, result="未解决", satisfaction="不满意", repeated=3),
        closed(9, result="解决", satisfaction="基本满意"),
    ]
    chosen = draw(basis(*tickets)).chosen
    assert [one.rule for one in chosen[:7]] == [
        "unsolved",
        "unsolved",
        "dissatisfied",
        "false-closure",
        "false-closure",
        "repeated",
        "difficult",
    ]
    numbers = [one.ticket_no[-1] for one in chosen]
    # Who meets more rules comes first; two that are alike are put in order by lot.
    assert numbers[:3] + numbers[5:7] == ["8", "7", "6", "3", "2"]
    assert set(numbers[3:5]) == {"4", "5"}
    assert {one.rule for one in chosen[7:]} == {"random"}
    assert chosen[0].why == "办理结果为未解决；满意度为不满意；同一号码就同一件事来电 3 次"
    assert chosen[4].why.startswith("疑似假办结：")


def test_who_has_waited_longest_comes_first_within_a_rule() -> None:
    old, new = closed(2, closed=NOON - 30 * DAY, difficult=True), closed(1, difficult=True)
    assert [one.ticket_no for one in draw(basis(new, old)).chosen] == [
        old.ticket_no,
        new.ticket_no,
    ]


@pytest.mark.parametrize(
    ("more", "rule", "why"),
    [
        ({"confidential": "全程保密"}, "confidential", "没有查看权限"),
        ({"type": "举报", "confidential": "对承办单位隐名"}, "confidential", "保密举报件"),
        ({"leave_alone": True}, "leave-alone", "明示"),
        ({"leader_called": NOON - 29 * DAY}, "recent", "未满 30 天"),
        ({"in_procedure": True}, "in-procedure", "信访或诉讼"),
        ({"complained": ("周局长",)}, "complained", "被投诉对象"),
        ({"number": ""}, "no-number", "没有可以拨打的电话"),
    ],
)
def test_each_exclusion_says_why(more: dict[str, Any], rule: str, why: str) -> None:
    out = left_out(closed(1, result="未解决", **more), leader="周局长")
    assert out["01"][0] == rule
    assert why in out["01"][1]


def test_what_does_not_exclude() -> None:
    assert not left_out(
        closed(1, leader_called=NOON - 30 * DAY),
        closed(2, complained=("市城市管理局",)),
        closed(3, confidential="对承办单位隐名", type="投诉"),
        leader="周局长",
    )
    secret = closed(1, confidential="全程保密")
    assert rules_of(secret, cleared=True) == {"01": "random"}


def test_a_citizen_whom_a_leader_called_lately_is_left_alone_whatever_the_ticket() -> None:
    other = closed(1, result="未解决")
    for name in (other.number, other.ticket_no):
        out = left_out(other, called={name: NOON - 3 * DAY})
        assert out["01"][0] == "recent"
        assert f"{(NOON - 3 * DAY).astimezone():%Y-%m-%d}" in out["01"][1]


def test_one_citizen_is_called_once_and_the_list_ends_when_it_is_full() -> None:
    first = closed(1, result="未解决")
    again = closed(2, number=first.number)
    out = left_out(first, again, closed(3, difficult=True), closed(4), places=1)
    assert out["02"] == ("same-citizen", f"和 {first.ticket_no} 是同一个电话号码，一场只打一次")
    assert out["03"] == ("full", "符合「疑难件」，但这一场只排 1 件")
    assert "04" not in out  # not drawn is nothing that needs a reason
    counted = explain(
        RULES, draw(basis(first, again, closed(3, difficult=True), places=1)).excluded
    )
    assert counted == [("同一诉求人", 1), ("名额已满", 1)]


def test_the_sample_follows_from_the_seed_alone() -> None:
    tickets = [closed(n) for n in range(200)]
    by_seed = {
        seed: [one.ticket_no for one in draw(basis(*tickets, seed=seed)).chosen] for seed in (1, 2)
    }
    backwards = draw(basis(*tickets[::-1], seed=1)).chosen
    assert [one.ticket_no for one in backwards] == by_seed[1]
    assert by_seed[1] != by_seed[2]
    # The lot is part of the agreement: a list must come out the same in ten years.
    assert [number[-3:] for number in by_seed[1][:5]] == ["192", "035", "160", "068", "123"]


def test_every_ticket_is_as_likely_as_any_other() -> None:
    tickets = [closed(n) for n in range(20)]
    times = dict.fromkeys((ticket.ticket_no for ticket in tickets), 0)
    for seed in range(2000):
        for one in draw(basis(*tickets, seed=seed, places=5)).chosen:
            times[one.ticket_no] += 1
    # 500 expected each, standard deviation 19: five of them leave one run in a million out.
    assert all(400 < count < 600 for count in times.values()), times


tickets = st.builds(
    closed,
    st.integers(0, 60),
    result=st.sampled_from(["", "解决", "未解决"]),
    satisfaction=st.sampled_from(["", "不满意"]),
    number=st.sampled_from(["", "1", "2", "3", "13800000001"]),
    repeated=st.integers(1, 3),
    difficult=st.booleans(),
    leave_alone=st.booleans(),
    confidential=st.sampled_from(["公开", "全程保密"]),
)


@given(st.lists(tickets, max_size=40), st.integers(0, 10), st.integers(0, 5))
def test_whatever_the_tickets(given: list[ClosedTicket], places: int, seed: int) -> None:
    base = basis(*given, places=places, seed=seed)
    drawn = draw(base)
    known = {ticket.ticket_no: ticket for ticket in sorted(given, key=lambda one: one.ticket_no)}
    taken = [known[one.ticket_no] for one in drawn.chosen]
    assert len(taken) <= places
    assert len({ticket.number for ticket in taken}) == len(taken)
    assert not any(ticket.leave_alone or ticket.confidential == "全程保密" for ticket in taken)
    out = {one.ticket_no for one in drawn.excluded}
    assert not out & {ticket.ticket_no for ticket in taken}
    # A ticket that meets a rule is taken or has a reason; only the sample may pass one over.
    for ticket in {ticket.ticket_no: ticket for ticket in given}.values():
        if ticket.result == "未解决":
            assert ticket.ticket_no in out or ticket in taken


def stored(count: int = 50, **more: Any) -> Draw:
    """A list that was drawn and stored, and read again."""
    tickets = [closed(n, result="未解决" if n < 3 else "解决") for n in range(count)]
    called = {tickets[1].number: NOON - 3 * DAY}
    base = basis(*tickets, called=called, **more)
    known = kept(base, draw(base), tickets, called, session_id="LD1", by="sun")
    return msgspec.json.decode(msgspec.json.encode(known), type=Draw)


def test_a_stored_draw_can_be_drawn_again_and_nothing_can_be_changed_unseen() -> None:
    known = stored()
    assert unchanged(known)
    tickets = {one.ticket_no: one for one in known.candidates}
    listed = items(draw(basis_of(known)), tickets, {}, "LD1")
    assert [item.position for item in listed] == list(range(16))
    assert tuple(item.ticket_no for item in listed) == known.drawn
    first, *others = known.candidates
    for forged in (
        replace(known, candidates=(replace(first, difficult=True), *others)),
        replace(known, facts=(replace(known.facts[0], difficult=True), *known.facts[1:])),
        replace(known, facts=known.facts[1:], candidates=tuple(others)),
        replace(known, called={}),
        replace(known, seed=8),
        replace(known, places=15),
        replace(known, drawn=known.drawn[::-1]),
        replace(known, excluded=()),
    ):
        assert not unchanged(forged)


def test_what_is_left_of_a_draw_names_nobody_and_is_verified_as_before() -> None:
    known = stored()
    less = reduced(known, NOON + 200 * DAY)
    assert less.digest == known.digest
    assert unchanged(less)
    assert {one.ticket_no for one in less.candidates} == set(known.drawn)
    text = msgspec.json.encode(less).decode()
    never = [one for one in known.candidates if one.ticket_no not in known.drawn]
    assert len(never) == 34
    assert not any(one.number in text for one in never)
    assert text.count("陈先生") == text.count("路灯不亮") == 16
    assert not unchanged(replace(less, facts=less.facts[1:]))
    assert not unchanged(replace(less, seed=8))


def test_a_list_that_was_stored_before_facts_were_is_verified_and_reduced() -> None:
    known = stored()
    names = ("candidates", "places", "seed", "at", "leader", "cleared", "called")
    whole = {name: getattr(known, name) for name in names} | {"rules": RULES}
    body = msgspec.json.encode(msgspec.to_builtins(whole), order="sorted")
    old = replace(known, facts=(), starts=None, digest=hashlib.sha256(body).hexdigest())
    assert unchanged(old)
    assert unchanged(reduced(old, NOON))
    forged = replace(old, called={})
    assert not unchanged(forged)
    # What was not right before does not become right by being made smaller.
    assert not unchanged(reduced(forged, NOON))


AT = datetime(2026, 11, 25, 14, 30).astimezone()


def promise(n: int, agreed: datetime | None = None, **more: Any) -> dict[str, Promised]:
    return {closed(n).ticket_no: Promised(n, "改约" if agreed else "未接通", agreed, **more)}


def test_promised_calls_come_first_the_nearest_time_before_all() -> None:
    soon, late = AT + timedelta(minutes=30), AT - 2 * DAY
    promised = promise(1) | promise(2, late) | promise(3, soon)
    tickets = [closed(n, result="未解决") for n in range(6)]
    chosen = draw(basis(*tickets, promised=promised, starts=AT)).chosen
    assert [(one.ticket_no[-1], one.rule, one.why) for one in chosen[:3]] == [
        ("3", "promised", "改约 11-25 15:00"),
        ("2", "promised", "改约 11-23 14:30"),
        ("1", "promised", "未接通，还可以再打"),
    ]
    assert [one.rule for one in chosen[3:]] == ["unsolved"] * 3
    listed = items(
        Drawn(chosen, ()),
        {one.ticket_no: one for one in tickets},
        {n: item(n, item_id=n, attempts=1) for n in (1, 2, 3)},
        "LD2",
    )
    assert [(one.origin, one.attempts, one.earlier, one.again) for one in listed[:4]] == [
        (3, 1, 1, soon),
        (2, 1, 1, late),
        (1, 1, 1, None),
        (0, 0, 0, None),
    ]


def test_who_was_promised_a_time_is_called_although_called_lately() -> None:
    tickets = [closed(1), closed(2)]
    called = {one.number: NOON - 3 * DAY for one in tickets}
    promised = promise(1, AT) | promise(2)
    assert rules_of(*tickets, promised=promised, called=called, starts=AT) == {"01": "promised"}
    out = left_out(*tickets, promised=promised, called=called, starts=AT)
    assert out["02"][0] == "recent"


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"leave_alone": True}, "leave-alone"),
        ({"in_procedure": True}, "in-procedure"),
        ({"confidential": "全程保密"}, "confidential"),
        ({"complained": ("周局长",)}, "complained"),
        ({"number": ""}, "no-number"),
    ],
)
def test_what_rules_a_ticket_out_rules_its_promise_out(more: dict[str, Any], rule: str) -> None:
    out = left_out(closed(1, **more), promised=promise(1, AT), starts=AT, leader="周局长")
    assert out["01"][0] == rule


def test_a_promise_waits_for_its_day_and_for_the_session_that_has_it() -> None:
    tickets = [closed(n, result="未解决") for n in (1, 2, 3)]
    promised = promise(1, AT + 2 * DAY) | promise(2, AT, taken="LD9") | promise(3, AT)
    base = basis(*tickets, promised=promised, starts=AT, places=0)
    assert [(one.rule, one.why) for one in draw(base).excluded] == [
        ("promised", "改约 11-27 14:30，在这一场之后"),
        ("promised", "改约 11-25 14:30，已在 LD9 场的清单里"),
        ("full", "符合「约定再打」，但这一场只排 0 件"),
    ]
    assert explain(RULES, draw(base).excluded) == [("约定再打", 2), ("名额已满", 1)]
