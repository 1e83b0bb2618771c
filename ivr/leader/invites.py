"""Sessions as calendar files (RFC 5545) that people's own calendars take in.

A session keeps its UID for ever; each change that invited people have to know raises SEQUENCE, so
a calendar replaces the entry instead of adding another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from adapters.leader import LeaderSession

PRODUCT = "-//hotline//leader callbacks//ZH"


def calendar(sessions: Sequence[LeaderSession], *, at: datetime, domain: str = "hotline") -> bytes:
    """A calendar file of ``sessions``. ``at``: when it is made. No citizen's data is in it."""
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    for session in sessions:
        file.add_component(_event(session, at, domain))
    return bytes(file.to_ical())


def uid(session_id: str, domain: str = "hotline") -> str:
    """What a session is called in calendars."""
    return f"{session_id}@{domain}"


def _event(session: LeaderSession, at: datetime, domain: str) -> Event:
    event = Event()
    event.add("uid", uid(session.session_id, domain))
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", session.starts.astimezone(UTC))
    event.add("dtend", (session.starts + timedelta(minutes=session.minutes)).astimezone(UTC))
    event.add("sequence", session.sequence)
    # A calendar shows what is not yet confirmed in another way.
    event.add("status", "TENTATIVE" if session.state in ("已排期", "已改期") else "CONFIRMED")
    event.add("summary", f"领导电话回访：{session.unit} {session.leader_name}")
    event.add("location", f"12345 热线 {session.seat} 专席".replace("  ", " "))
    lines = [
        f"场次 {session.session_id}，计划 {session.planned} 通",
        f"领导：{session.leader_name} {session.post}".rstrip(),
    ]
    if session.host_name:
        lines.append(f"主持人：{session.host_name}")
    lines += [
        f"改期：{move.before.astimezone():%m-%d %H:%M} 改到 {move.after.astimezone():%m-%d %H:%M}，"
        f"{move.reason}"
        for move in session.moves
    ]
    event.add("description", "\n".join(lines))
    reminder = Alarm()
    reminder.add("action", "DISPLAY")
    reminder.add("description", "领导电话回访")
    reminder.add("trigger", timedelta(minutes=-30))
    event.add_component(reminder)
    return event
