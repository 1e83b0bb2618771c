"""The systems outside, as obliging as can be: what the simulator and the tests talk to.

Everything is granted unless it was told otherwise: identities match, codes arrive, every
query finds something and every appointment is free.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flows import requests as rq

CODE = "246810"
TRIES = 3
PLACE = "市民服务中心二楼"


class Twin:
    """Answers requests. ``answers`` says more of what it is asked, for a person to read.

    ``fail`` makes a kind of request come to nothing; ``answer_with`` replaces its reply.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._failing: dict[str, tuple[str, int]] = {}
        self._replies: dict[str, deque[rq.AnyReply]] = {}
        self._taken: set[str] = set()
        self._tries = TRIES
        self.asked: list[rq.AnyRequest] = []
        self.codes: list[str] = []
        self.links: list[rq.SendLink] = []
        self.matters: tuple[rq.Matter, ...] = ()

    def fail(self, kind: str, reason: str = "unavailable", times: int = 1) -> None:
        """Let the next ``times`` requests of ``kind`` ("SendCode") fail for ``reason``."""
        self._failing[kind] = (reason, times)

    def answer_with(self, kind: str, *replies: rq.AnyReply) -> None:
        """Give the next requests of ``kind`` these replies."""
        self._replies.setdefault(kind, deque()).extend(replies)

    def answer(self, request: rq.AnyRequest) -> rq.AnyReply | str:
        """The reply to ``request``, or the reason why there is none."""
        self.asked.append(request)
        kind = type(request).__name__
        reason, times = self._failing.get(kind, ("", 0))
        if times:
            self._failing[kind] = (reason, times - 1)
            return reason
        replies = self._replies.get(kind)
        if replies:
            return replies.popleft()
        handler: Callable[[Any], rq.AnyReply] = getattr(self, f"_{kind.lower()}")
        return handler(request)

    def _checkidentity(self, request: rq.CheckIdentity) -> rq.AnyReply:
        return rq.IdentityChecked(matches=True, reference=f"ID{len(self.asked):04}")

    def _sendcode(self, request: rq.SendCode) -> rq.AnyReply:
        self._tries = TRIES
        self.codes.append(request.mobile)
        return rq.CodeSent()

    def _checkcode(self, request: rq.CheckCode) -> rq.AnyReply:
        if request.digits == CODE:
            return rq.CodeChecked(right=True, reference=f"CODE{len(self.asked):04}")
        self._tries -= 1
        return rq.CodeChecked(right=False, tries_left=max(0, self._tries))

    def _sendlink(self, request: rq.SendLink) -> rq.AnyReply:
        self.links.append(request)
        return rq.LinkSent(reference=f"LINK{len(self.links):04}")

    def _queryservice(self, request: rq.QueryService) -> rq.AnyReply:
        return rq.QueryAnswered(("您的业务已经办好。", "证件可以到服务网点领取。"))

    def _askprogress(self, request: rq.AskProgress) -> rq.AnyReply:
        found = [
            matter
            for matter in self.matters
            if matter.ticket_no.endswith(request.ticket_no)
            and (not request.service or matter.service == request.service)
        ]
        return rq.ProgressTold(tuple(found))

    def _offerslots(self, request: rq.OfferSlots) -> rq.AnyReply:
        return rq.SlotsOffered(tuple(self._free(request)))

    def _free(self, request: rq.OfferSlots) -> Sequence[rq.Appointment]:
        hours = {"上午": (9, 10, 11), "下午": (15, 16, 17)}.get(request.half, (9, 10, 15))
        day = (request.since + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        if request.since > self._now + timedelta(days=1):
            day = request.since.replace(minute=0, second=0, microsecond=0)
        found: list[rq.Appointment] = []
        while len(found) < request.most:
            for hour in hours:
                starts = day.replace(hour=hour)
                slot = f"{request.service}-{starts:%m%d%H}"
                if starts.weekday() < 5 and slot not in self._taken:
                    ends = starts + timedelta(hours=1)
                    found.append(rq.Appointment(slot, starts, ends, PLACE))
            day += timedelta(days=1)
        return found[: request.most]

    def _bookslot(self, request: rq.BookSlot) -> rq.AnyReply:
        if request.slot in self._taken:
            return rq.SlotGone()
        self._taken.add(request.slot)
        day_hour = datetime.strptime(request.slot.rpartition("-")[2], "%m%d%H")
        starts = day_hour.replace(year=self._now.year)
        if starts < self._now:
            starts = starts.replace(year=self._now.year + 1)
        booked = rq.Appointment(request.slot, starts, starts + timedelta(hours=1), PLACE)
        return rq.SlotBooked(booked, reference=f"BOOK{len(self._taken):04}")
