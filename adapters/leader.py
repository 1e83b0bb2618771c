"""Leader callbacks (领导电话回访): the values that are kept and told to the platform.

Sessions with their work lists, what came of each call, the cases reopened, and exports. The
platform owns the tickets: a session holds them as they were when its list was drawn.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Level = Literal["市级", "县级"]
SessionState = Literal["已排期", "已确认", "进行中", "已结束", "已改期"]
Purpose = Literal["review", "confirm"]
ItemState = Literal["waiting", "calling", "done", "removed"]
OutcomeKind = Literal[
    "已解决且认可",
    "已解决不认可",
    "未解决诉求合理重办",
    "未解决政策不支持已解释",
    "未接通",
    "拒访",
    "改约",
]
Key = Literal["", "1", "2", "3"]
RedoState = Literal["重办中", "待确认", "已解决", "再次重办", "已解释", "未能确认", "已撤回"]
CallResult = Literal["", "talked", "no-answer", "busy", "refused", "wrong-number", "unknown"]
ExportState = Literal["待批准", "已批准", "已拒绝", "已下载"]

TALKED: frozenset[OutcomeKind] = frozenset(
    ("已解决且认可", "已解决不认可", "未解决诉求合理重办", "未解决政策不支持已解释")
)
"""Outcomes of a talk that took place."""

REDO: OutcomeKind = "未解决诉求合理重办"

REPORTED = frozenset(("已反馈", "待回访", "已办结"))
"""The platform's states by which a unit says that a reopened ticket is done."""


class Step(msgspec.Struct, frozen=True):
    """One step in a ticket's life: who did what, and when."""

    at: datetime
    state: str
    unit: str = ""
    note: str = ""


class ClosedTicket(msgspec.Struct, frozen=True):
    """A closed ticket as the platform knows it; "" where nothing is known.

    ``result``: 解决, 部分解决, 未解决, 不办理退单. ``satisfaction``: 满意, 基本满意, 不满意.
    ``reason``: why not satisfied. ``repeated``: calls about the same matter from the same number,
    this one included. ``confidential``: 公开, 对承办单位隐名, 全程保密. ``complained``: the people
    and units that the ticket complains about. ``leave_alone``: the citizen said not to be
    contacted again. ``in_procedure``: before a court or under petition (信访).
    ``leader_called``: the last leader callback that the platform knows of.
    """

    ticket_no: str
    unit: str
    closed: datetime
    type: str = ""
    title: str = ""
    content: str = ""
    place: str = ""
    county: str = ""
    contact_name: str = ""
    number: str = ""
    created: datetime | None = None
    reply: str = ""
    result: str = ""
    satisfaction: str = ""
    reason: str = ""
    repeated: int = 1
    difficult: bool = False
    reopened: int = 0
    confidential: str = "公开"
    complained: tuple[str, ...] = ()
    leave_alone: bool = False
    in_procedure: bool = False
    leader_called: datetime | None = None
    history: tuple[Step, ...] = ()


class Move(msgspec.Struct, frozen=True):
    """A session was put off: from when to when, and why."""

    before: datetime
    after: datetime
    reason: str
    by: str
    at: datetime


class LeaderSession(msgspec.Struct, frozen=True):
    """One session. ``session_id`` is "" until it is stored.

    ``leader`` and ``host`` are users of the console, ``…_name`` how they are called; ``post`` is
    what the leader tells citizens to be. ``seat`` is rung first, ``host_seat`` may be "".
    ``minutes`` is how long it is planned to last, ``planned`` how many calls. ``seed`` decides
    the random part of the work list; ``sequence`` counts what invitations must tell anew
    (RFC 5545). ``why`` is how the rota came to it. ``revision`` counts the changes.
    """

    session_id: str
    unit: str
    level: Level
    leader: str
    leader_name: str
    starts: datetime
    post: str = ""
    host: str = ""
    host_name: str = ""
    seat: str = ""
    host_seat: str = ""
    minutes: int = 80
    planned: int = 16
    state: SessionState = "已排期"
    seed: int = 0
    sequence: int = 0
    moves: tuple[Move, ...] = ()
    why: str = ""
    created_by: str = ""
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    revision: int = 0


class WorkItem(msgspec.Struct, frozen=True):
    """One ticket on a work list. ``item_id`` is 0 until it is stored.

    ``rule`` is the id of the rule that chose it ("unsolved"… "random", "confirm", "added"), ``why``
    says so in words. ``session_id`` is "" for a confirming call that no session has taken yet;
    ``owner`` is the leader whose it is. ``again`` is when the citizen asked to be rung.
    ``origin`` is the item of an earlier session whose promise this one is to keep, 0 for none;
    ``earlier`` of the ``attempts`` were made for it.
    """

    item_id: int
    session_id: str
    position: int
    ticket_no: str
    rule: str
    why: str
    ticket: ClosedTicket
    purpose: Purpose = "review"
    state: ItemState = "waiting"
    attempts: int = 0
    again: datetime | None = None
    reopening_id: int = 0
    owner: str = ""
    origin: int = 0
    earlier: int = 0

    @property
    def begun(self) -> bool:
        """Whether this session has called, or is done with it."""
        return self.attempts > self.earlier or self.state in ("calling", "done")


class LeaderCall(msgspec.Struct, frozen=True):
    """One call to a citizen; recording and talk are those of the call ``call_id``.

    ``result`` is "" while nobody knows: then the citizen's phone may have rung.
    """

    call_id: str
    item_id: int
    session_id: str
    attempt: int
    by: str
    started: datetime
    ended: datetime | None = None
    result: CallResult = ""


class Outcome(msgspec.Struct, frozen=True):
    """What came of an item: the form of leader or host, and what supports it.

    ``kind`` is "" as long as nobody has filled the form in. ``key`` is the citizen's own:
    1 认可, 2 不认可, 3 要求重办. ``notes`` that came from the transcript are nobody's word until
    ``confirmed_by`` has confirmed them. ``revision`` counts the changes.
    """

    item_id: int
    session_id: str
    ticket_no: str
    kind: OutcomeKind | Literal[""] = ""
    by: str = ""
    by_role: str = ""
    at: datetime | None = None
    call_id: str = ""
    key: Key = ""
    notes: str = ""
    notes_from: Literal["form", "transcript"] = "form"
    confirmed_by: str = ""
    confirmed: datetime | None = None
    again: datetime | None = None
    revision: int = 0


class Reopening(msgspec.Struct, frozen=True):
    """A case that a leader has reopened (重办). ``reopening_id`` is the item whose outcome it is.

    ``owner`` is the leader who answers for it, ``unit`` who has to do it, ``from_unit`` who had
    it before. ``reported`` is when the unit said that it is done; ``confirm_item`` the second
    call that this brings. ``satisfied`` is what the citizen said then. ``redo_s``: seconds from
    opening to the confirmed solution. ``signed_by``: the leader puts their name to the result.
    """

    reopening_id: int
    ticket_no: str
    session_id: str
    owner: str
    owner_name: str
    unit: str
    from_unit: str
    opened: datetime
    deadline: datetime
    note: str = ""
    state: RedoState = "重办中"
    reported: datetime | None = None
    report: str = ""
    confirm_item: int = 0
    closed: datetime | None = None
    satisfied: bool | None = None
    redo_s: int = 0
    signed_by: str = ""
    signed: datetime | None = None
    revision: int = 0


class Export(msgspec.Struct, frozen=True):
    """Somebody wants the record of a session, or of one item (0: all), as a file.

    Two persons: ``asked_by`` and ``decided_by`` differ. Approved, it may be fetched once until
    ``expires``. ``watermark`` is the number that every file carries.
    """

    export_id: str
    session_id: str
    item_id: int
    reason: str
    asked_by: str
    asked: datetime
    watermark: str
    state: ExportState = "待批准"
    decided_by: str = ""
    decided: datetime | None = None
    expires: datetime | None = None
    taken: datetime | None = None
    sha256: str = ""
