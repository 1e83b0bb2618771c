"""What follows from what in leader callbacks, the same for every kind of store. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from adapters.leader import Export, ExportState, LeaderSession, Reopening, Step, WorkItem
from adapters.leader_store import NotNow
from adapters.model import StateChange

LONGEST = timedelta(minutes=600)
"""No session is planned to last longer."""


def refuse_clash(
    session: LeaderSession, known: LeaderSession | None, others: Iterable[LeaderSession]
) -> None:
    """Nobody sits at two sessions, and no seat serves two, at one time.

    ``known`` is ``session`` as it is stored: one that keeps its place may keep it.
    Raises :class:`NotNow`: "seat-taken", "busy".
    """
    if session.state == "已结束" or (known is not None and _place(known) == _place(session)):
        return
    for other in others:
        if other.session_id == session.session_id or other.state == "已结束":
            continue
        if _ends(other) <= session.starts or _ends(session) <= other.starts:
            continue
        if _seats(session) & _seats(other):
            raise NotNow("seat-taken")
        if _people(session) & _people(other):
            raise NotNow("busy")


def _place(session: LeaderSession) -> tuple[object, ...]:
    return session.starts, session.minutes, _seats(session), _people(session)


def _ends(session: LeaderSession) -> datetime:
    return session.starts + timedelta(minutes=session.minutes)


def _seats(session: LeaderSession) -> frozenset[str]:
    return frozenset((session.seat, session.host_seat)) - {""}


def _people(session: LeaderSession) -> frozenset[str]:
    return frozenset((session.leader, session.host)) - {""}


def confirmation(case: Reopening, item: WorkItem, change: StateChange) -> WorkItem:
    """The confirming call that ``change`` brings: the same citizen, after the redoing.

    ``item`` is the one whose call had led to the ``case``.
    """
    step = Step(change.changed, change.state, case.unit, change.note)
    return WorkItem(
        item_id=0,
        session_id="",
        position=0,
        ticket_no=case.ticket_no,
        rule="confirm",
        why="",
        ticket=replace(
            item.ticket,
            unit=case.unit,
            reply=change.note or item.ticket.reply,
            history=(*item.ticket.history, step),
        ),
        purpose="confirm",
        reopening_id=case.reopening_id,
        owner=case.owner,
    )


def decided(known: Export, *, approve: bool, by: str, at: datetime, expires: datetime) -> Export:
    """``known`` after ``by`` has decided. Raises :class:`NotNow`: "same", "decided"."""
    if known.state != "待批准":
        raise NotNow("decided")
    if by == known.asked_by:
        raise NotNow("same")
    state: ExportState = "已批准" if approve else "已拒绝"
    return replace(
        known, state=state, decided_by=by, decided=at, expires=expires if approve else None
    )


def fetched(known: Export, at: datetime) -> Export:
    """``known`` after it was fetched. Raises :class:`NotNow`, as ``take_export``."""
    if known.state == "已下载":
        raise NotNow("taken")
    if known.state != "已批准" or known.expires is None:
        raise NotNow("not-approved")
    if at >= known.expires:
        raise NotNow("expired")
    return replace(known, state="已下载", taken=at)
