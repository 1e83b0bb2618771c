"""The life of a session, and what people's calendars are told of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from msgspec.structs import replace

from adapters.leader import LeaderSession
from ivr.leader import sessions
from ivr.leader.invites import calendar
from ivr.leader.sessions import NotAllowed
from tests.adapters.leader_samples import DAY, HOUR, session
from tests.adapters.samples import NOON

PLANNED = replace(session(), session_id="LD20261123000001", moves=())


def test_a_session_is_confirmed_begun_and_ended() -> None:
    confirmed = sessions.confirm(PLANNED)
    begun = sessions.start(confirmed, NOON + HOUR)
    over = sessions.end(begun, NOON + 2 * HOUR)
    assert [one.state for one in (confirmed, begun, over)] == ["已确认", "进行中", "已结束"]
    assert (over.started, over.ended) == (NOON + HOUR, NOON + 2 * HOUR)


def test_it_is_put_off_for_a_reason_and_has_to_be_confirmed_again() -> None:
    confirmed = sessions.confirm(PLANNED)
    later = NOON + 3 * DAY
    moved = sessions.postpone(confirmed, later, reason=" 出差 ", by="sun", at=NOON)
    assert (moved.state, moved.starts, moved.sequence) == ("已改期", later, 1)
    assert [(move.before, move.after, move.reason) for move in moved.moves] == [
        (PLANNED.starts, later, "出差")
    ]
    again = sessions.postpone(moved, later + DAY, reason="会议", by="sun", at=NOON)
    assert (again.sequence, len(again.moves)) == (2, 2)
    with pytest.raises(NotAllowed):
        sessions.start(moved, NOON)
    assert sessions.start(sessions.confirm(again), NOON).state == "进行中"


def test_what_cannot_be_done() -> None:
    begun = sessions.start(sessions.confirm(PLANNED), NOON)
    over = sessions.end(begun, NOON)

    def postpone(one: LeaderSession, starts: datetime, reason: str) -> str:
        with pytest.raises(NotAllowed) as refused:
            sessions.postpone(one, starts, reason=reason, by="sun", at=NOON)
        return refused.value.text

    assert postpone(PLANNED, NOON + DAY, "  ") == "leader.error.reason"
    assert postpone(PLANNED, NOON, "出差") == "leader.error.past"
    assert postpone(begun, NOON + DAY, "出差") == "leader.error.state"
    for wrong in (
        lambda: sessions.start(PLANNED, NOON),
        lambda: sessions.end(PLANNED, NOON),
        lambda: sessions.confirm(begun),
        lambda: sessions.start(over, NOON),
        lambda: sessions.edit(begun, seat="802"),
    ):
        with pytest.raises(NotAllowed):
            wrong()
    assert sessions.edit(PLANNED, seat="802").sequence == 1


def test_a_calendar_takes_a_session_in_and_moves_it() -> None:
    moved = sessions.postpone(PLANNED, NOON + 3 * DAY, reason="出差，路远；改", by="sun", at=NOON)
    before, after = (
        Calendar.from_ical(calendar([one], at=NOON)).walk("VEVENT")[0] for one in (PLANNED, moved)
    )
    assert before["UID"] == after["UID"] == "LD20261123000001@hotline"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after.decoded("DTSTART") == (NOON + 3 * DAY).astimezone(UTC)
    assert after.decoded("DTEND") - after.decoded("DTSTART") == timedelta(minutes=80)
    assert str(after["DESCRIPTION"]).endswith("出差，路远；改")
    assert before["STATUS"] == "TENTATIVE"
    confirmed = calendar([sessions.confirm(PLANNED)], at=NOON)
    assert b"STATUS:CONFIRMED" in confirmed


def test_a_calendar_file_is_as_rfc_5545_has_it() -> None:
    long = replace(PLANNED, leader_name="欧阳" * 30, host_name="孙，主持;人\n二")
    file = calendar([long, replace(PLANNED, session_id="LD20261123000002")], at=NOON)
    assert file.endswith(b"END:VCALENDAR\r\n")
    lines = file.split(b"\r\n")
    # Lines end in CR LF, are folded at 75 octets, and never within a character.
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode("utf-8")
    text = file.decode().replace("\r\n ", "")
    assert "孙\\，" not in text
    assert "孙，主持\\;人\\n二" in text
    for needed in ("VERSION:2.0", "PRODID:", "METHOD:PUBLISH", "DTSTAMP:20261123T040000Z"):
        assert needed in text
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 2
    uids = [line for line in text.split("\r\n") if line.startswith("UID:")]
    assert len(set(uids)) == 2


def test_no_citizen_is_in_a_calendar() -> None:
    assert b"13800" not in calendar([PLANNED], at=NOON)
