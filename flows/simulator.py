"""The dialogue typed instead of spoken: the core of ``hotline simulate``.

A line is what the caller says, or keys (``#12`` or ``按12``), or something that happens::

    /silence   /noise   /hangup   /speech-lost   /speech-back
    /transfer-fails   /transfer-answers   /transfer-ends   /filing-fails
    /partial TEXT     /aside TEXT (heard while the hotline was not listening)
    /fails KIND [REASON]   /hold   /reply

Systems outside are obliging (:class:`flows.twin.Twin`): the one-time code is always 246810.
``/fails SendCode limit`` lets the next such request fail; ``/nothing-found``,
``/identity-differs``, ``/slot-gone`` and ``/none-free`` are said beforehand, too. After
``/hold`` replies wait for ``/reply``.

``/queued 3 90`` said beforehand makes the next operator one to queue for: third in line, 90
seconds to wait (without a figure: nobody works). Then ``/placed 2 60``, ``/seat-free``,
``/not-taken`` (said before ``/seat-free``: that seat does not answer) and ``/too-long``.

``/transfer-fails`` and ``/filing-fails`` are said beforehand and hold for the next attempt;
``/transfer-fails 3`` for the next three. Filing and transfers otherwise succeed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from flows import requests as rq
from flows.commands import (
    AnyCommand,
    Ask,
    Connect,
    FileTicket,
    HangUp,
    KeepFollowUp,
    KeepPlace,
    KeepRating,
    LeaveQueue,
    Listen,
    Note,
    Play,
    Record,
    Transfer,
)
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.events import (
    Answered,
    AnyEvent,
    Dropped,
    Filed,
    FilingFailed,
    HungUp,
    Keys,
    NoInput,
    Partial,
    Placed,
    Replied,
    RequestFailed,
    SeatFree,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)
from flows.followup import FollowUpResult
from flows.opinion import Rating
from flows.simulated import MEANINGS, REQUESTS, joined, told
from flows.speech_text import speech_text
from flows.twin import Twin

Who = Literal["hotline", "caller", "note", "system"]

_KEYS = re.compile(r"(?:#|按)\s*([0-9*＊#]*)")
_EVENTS: dict[str, AnyEvent] = {
    "/silence": NoInput(),
    "/noise": Utterance(""),
    "/hangup": HungUp(),
    "/speech-lost": SpeechLost(),
    "/speech-back": SpeechBack(),
    "/transfer-ends": TransferEnded(),
    "/seat-free": SeatFree(),
    "/too-long": TransferFailed("no-answer"),
}
DAY = datetime(2026, 11, 23, 10, 0)


class BadLine(Exception):
    """A line that begins with / is no command of the simulator."""


class Line(msgspec.Struct, frozen=True):
    """One line of a simulated call: who, and what was said or done."""

    who: Who
    text: str


class Simulation:
    """One simulated call. ``lines`` is everything so far, ``filed`` and ``transfers`` what it did.

    Filing and transfers are faked: they succeed unless told otherwise.
    """

    def __init__(
        self,
        data: FlowData,
        config: DialogueConfig | None = None,
        caller: str = "13900000001",
        at: datetime = DAY,
        dropped: Dropped | None = None,
        begins: AnyEvent | None = None,
    ) -> None:
        """``begins`` is how the call begins where nobody has called: the hotline rings."""
        self._data = data
        self._dialogue = Dialogue(data, config)
        self._at = at
        self._begins = begins or Answered(caller, "12345", at, dropped)
        self.twin = Twin(at)
        self._held: list[Ask] = []
        self._hold = False
        self._masked = False
        self.lines: list[Line] = []
        self.events: list[AnyEvent] = []
        self.commands: list[AnyCommand] = []
        self.filed: list[FileTicket] = []
        self.transfers: list[Transfer] = []
        self.connects: list[Connect] = []
        self.kept: list[KeepPlace] = []
        self.ratings: list[Rating] = []
        self.follow_ups: list[FollowUpResult] = []
        self._fail_filing = 0
        self._fail_transfer = 0
        self._queue: Placed | None = None
        self._not_taken: Placed | None = None

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._dialogue.over

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue itself."""
        return self._dialogue

    def start(self) -> list[Line]:
        """Ring and answer; returns the new lines."""
        return self._after(lambda: self._handle(self._begins))

    def type(self, text: str) -> list[Line]:
        """Do what one typed line says; returns the new lines.

        Raises :class:`BadLine` for a / that is not known.
        """
        return self._after(lambda: self._line(text.strip()))

    def run(self, texts: Iterable[str]) -> list[Line]:
        """A whole script: ring, type each line, hang up at its end if still on the line."""
        self.start()
        for text in texts:
            if self.over:
                break
            if text.strip() and not text.startswith("//"):
                self.type(text)
        if not self.over:
            self.type("/hangup")
        return self.lines

    def as_json(self) -> dict[str, Any]:
        """The call as plain values: lines, tickets with their numbers, transfers."""
        return {
            "lines": msgspec.to_builtins(self.lines),
            "tickets": [
                {"ticket_no": self._number(index), **msgspec.to_builtins(command.draft)}
                for index, command in enumerate(self.filed)
            ],
            "transfers": [
                {"target": command.target, "card": msgspec.to_builtins(command.card)}
                for command in self.transfers
            ],
            "ratings": msgspec.to_builtins(self.ratings),
            "follow_up": msgspec.to_builtins(self.follow_ups[-1]) if self.follow_ups else None,
            "over": self.over,
        }

    # --- what is typed -------------------------------------------------------------------

    def _after(self, action: Any) -> list[Line]:
        before = len(self.lines)
        action()
        return self.lines[before:]

    def _line(self, text: str) -> None:
        if text.startswith("/"):
            self._command(text)
        elif keys := _KEYS.fullmatch(text):
            digits = keys[1].replace("＊", "*").rstrip("#")
            shown = "****" if self._masked and len(digits) > 1 else digits or "#"
            self.lines.append(Line("caller", f"［按键 {shown}］"))
            self._handle(Keys(digits))
        elif text:
            self.lines.append(Line("caller", "****" if self._masked else text))
            self._handle(Utterance(text))

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        if name in _EVENTS:
            self.lines.append(Line("system", MEANINGS[name]))
            self._handle(_EVENTS[name])
        elif name == "/partial":
            self._handle(Partial(rest))
        elif name == "/aside":
            self.lines.append(Line("caller", f"（插话）{rest}"))
            self._handle(Utterance(rest, listening=False))
        elif name == "/fails":
            kind, _, reason = rest.partition(" ")
            self.twin.fail(kind, reason or "unavailable")
        elif name in _TWIN:
            kind, reply = _TWIN[name]
            self.twin.answer_with(kind, reply)
        elif name == "/hold":
            self._hold = True
        elif name == "/reply":
            self._hold = False
            held, self._held = self._held, []
            for ask in held:
                self._handle(self._outside(ask))
        elif name == "/queued":
            self._queue = _placed(rest)
        elif name == "/placed":
            self._handle(_placed(rest))
        elif name == "/not-taken":
            self._not_taken = _placed(rest or "1 30")
        elif name == "/filing-fails":
            self._fail_filing = int(rest or 1)
        elif name == "/transfer-fails":
            self._fail_transfer = int(rest or 1)
        elif name == "/transfer-answers":
            self._fail_transfer = 0
        else:
            raise BadLine(f"没有 {name} 这个命令")

    # --- what the dialogue does ----------------------------------------------------------

    def _handle(self, event: AnyEvent) -> None:
        self.events.append(event)
        waiting: list[AnyEvent] = []
        for command in self._dialogue.handle(event):
            self.commands.append(command)
            answer = self._carry_out(command)
            if answer is not None:
                waiting.append(answer)
        for answer in waiting:
            self._handle(answer)

    def _carry_out(self, command: AnyCommand) -> AnyEvent | None:
        match command:
            case Play():
                self.lines.append(Line("hotline", speech_text(self._data, command.speech)))
            case Note():
                self.lines.append(Line("note", command.text))
            case Record():
                self.lines.append(Line("system", "开始录音"))
            case HangUp():
                self.lines.append(Line("system", "热线挂机"))
            case FileTicket():
                return self._file(command)
            case Transfer():
                return self._transfer(command)
            case Ask():
                return self._ask(command)
            case Connect():
                self.connects.append(command)
                again, self._not_taken = self._not_taken, None
                shown = "没有接起来" if again is not None else "已接通"
                self.lines.append(Line("system", f"坐席{shown}"))
                return TransferAnswered() if again is None else again
            case LeaveQueue():
                self.lines.append(Line("system", "不再排队"))
            case KeepPlace():
                self.kept.append(command)
                self.lines.append(Line("system", "保留位置，轮到时回电"))
            case KeepRating(rating):
                self.ratings.append(rating)
                self.lines.append(Line("system", f"评价：{joined(rating)}"))
            case KeepFollowUp(result):
                self.follow_ups.append(result)
                self.lines.append(Line("system", f"回访：{joined(result)}"))
            case Listen():
                self._masked = command.keys.masked
        return None

    def _ask(self, command: Ask) -> AnyEvent | None:
        if self._hold:
            self._held.append(command)
            return None
        return self._outside(command)

    def _outside(self, command: Ask) -> AnyEvent:
        answer = self.twin.answer(command.request)
        what = REQUESTS[type(command.request)]
        if isinstance(answer, str):
            self.lines.append(Line("system", f"{what}：不成（{answer}）"))
            return RequestFailed(command.number, answer)
        self.lines.append(Line("system", f"{what}：{told(answer)}"))
        return Replied(command.number, answer)

    def _file(self, command: FileTicket) -> AnyEvent:
        if self._fail_filing:
            self._fail_filing -= 1
            self.lines.append(Line("system", "登记失败"))
            return FilingFailed("simulated")
        self.filed.append(command)
        number = self._number(len(self.filed) - 1)
        draft = command.draft
        state = "" if draft.complete else "（未完成）"
        self.lines.append(Line("system", f"登记工单 {number}：{draft.type}{state} {draft.content}"))
        return Filed(number)

    def _number(self, index: int) -> str:
        command = self.filed[index]
        count = sum(not other.ticket_no for other in self.filed[: index + 1])
        return command.ticket_no or f"BH{self._at:%Y%m%d}{count:06d}"

    def _transfer(self, command: Transfer) -> AnyEvent:
        self.transfers.append(command)
        if command.target == "operator" and self._queue is not None:
            place, self._queue = self._queue, None
            self.lines.append(Line("system", f"排队等人工：第 {place.place} 位"))
            return place
        if self._fail_transfer:
            self._fail_transfer -= 1
            self.lines.append(Line("system", f"转接 {command.target}：没有接通"))
            return TransferFailed("no-answer")
        self.lines.append(Line("system", f"转接 {command.target}：已接通"))
        return TransferAnswered()


def _placed(text: str) -> Placed:
    place, _, wait = text.partition(" ")
    return Placed(int(place or 1), float(wait) if wait else None)


_TWIN: dict[str, tuple[str, rq.AnyReply]] = {
    "/nothing-found": ("QueryService", rq.QueryAnswered()),
    "/identity-differs": ("CheckIdentity", rq.IdentityChecked(matches=False)),
    "/slot-gone": ("BookSlot", rq.SlotGone()),
    "/none-free": ("OfferSlots", rq.SlotsOffered()),
}
