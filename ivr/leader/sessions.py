"""The life of a session: planned, confirmed, going on, over; or put off. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from adapters.leader import LeaderSession, Move, SessionState

ALLOWED: dict[SessionState, tuple[SessionState, ...]] = {
    "已排期": ("已确认", "已改期"),
    "已改期": ("已确认", "已改期"),
    "已确认": ("进行中", "已改期"),
    "进行中": ("已结束",),
    "已结束": (),
}


class NotAllowed(Exception):
    """A step that cannot be taken now; ``text`` is the id of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def confirm(session: LeaderSession) -> LeaderSession:
    """The leader will be there."""
    return _to(session, "已确认")


def start(session: LeaderSession, at: datetime) -> LeaderSession:
    """It begins."""
    return replace(_to(session, "进行中"), started=at)


def end(session: LeaderSession, at: datetime) -> LeaderSession:
    """It is over."""
    return replace(_to(session, "已结束"), ended=at)


def postpone(
    session: LeaderSession, starts: datetime, *, reason: str, by: str, at: datetime
) -> LeaderSession:
    """Put it off to ``starts``, for a reason; its invitation changes, its number does not."""
    if not reason.strip():
        raise NotAllowed("leader.error.reason")
    if starts <= at:
        raise NotAllowed("leader.error.past")
    move = Move(session.starts, starts, reason.strip(), by, at)
    return replace(
        _to(session, "已改期"),
        starts=starts,
        sequence=session.sequence + 1,
        moves=(*session.moves, move),
    )


def edit(session: LeaderSession, **changes: object) -> LeaderSession:
    """Other people, seats or sizes; only before it begins. Who is invited is told anew."""
    if session.state in ("进行中", "已结束"):
        raise NotAllowed("leader.error.begun")
    return replace(session, sequence=session.sequence + 1, **changes)


def _to(session: LeaderSession, state: SessionState) -> LeaderSession:
    if state not in ALLOWED[session.state]:
        raise NotAllowed("leader.error.state")
    return replace(session, state=state)
