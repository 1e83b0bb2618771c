"""After an emergency's call: help has hung up, or the hotline rings who reported it."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import AnyCommand, FileTicket, Note, Play, Record, Say
from flows.dialogue.call import Call, FiledTicket, Said
from flows.dialogue.drafts import LONGEST
from flows.dialogue.filing import Filing
from flows.dialogue.moves import Finish, Go, Miss, Move, ToPerson
from flows.dialogue.resume import go_on_again, goes_on
from flows.dialogue.state import Question, State, ask
from flows.events import RungBack, RungBackReason
from flows.ticket import TicketDraft
from flows.values.phone import phone_number
from flows.values.yes_no import answer

_FINE = ("没事", "不用", "不需要", "解决", "处理好", "处理完", "安全了", "恢复", "来电了", "来水了",
         "好了", "出来了", "救出来", "扑灭", "灭了", "找到了", "已经来了", "都好")  # fmt: skip
_NOT_FINE = ("没来", "还没", "没有来", "还在", "还是", "没解决", "没恢复", "没处理", "没人来", "快")


# A single character that is neither yes nor no was hardly said on purpose.
SHORTEST = 2


class HelpOver(State, frozen=True):
    """Fire brigade, police or whoever it was has hung up; the caller is still there."""

    remembered: ClassVar[bool] = False
    patience: ClassVar[int] = 1

    def question(self, call: Call) -> Question:
        return Question((Say("em.over.ask"), Say("em.back.keys")), expect=("没事了", "不用了"))

    def keys(self, call: Call, digits: str) -> Move:
        return self._fine(call) if digits == "2" else _person()

    def heard(self, call: Call, said: Said) -> Move:
        return self._fine(call) if fine(said.text) else _person()

    def _fine(self, call: Call) -> Move:
        return go_on_again(call) if goes_on(call) else Finish((Say("goodbye"),))

    def missed(self, call: Call) -> Move | None:
        # Whoever is silent now has most likely put the phone down to go and help.
        return Finish((Say("goodbye"),)) if call.unheard else _person()


class AskedBack(State, frozen=True, kw_only=True):
    """The hotline has rung: how is it now? Only "fine" ends it without a person."""

    remembered: ClassVar[bool] = False

    reason: RungBackReason

    def question(self, call: Call) -> Question:
        return Question(
            (Say(f"em.back.{self.reason}"), Say("em.back.keys")),
            expect=("没事了", "不用了", "还需要"),
            hear="open",
        )

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return _person()
        if digits == "2":
            return self._fine(call, "已经没事了（按键）")
        return super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        return self._fine(call, said.text) if fine(said.text) else self._more(call, said.text)

    def missed(self, call: Call) -> Move | None:
        # Silence after "处置好了" is an answering machine; after a call that broke off it is not.
        if self.reason == "handled" and call.unheard:
            return Finish((Say("em.back.bye"),))
        return _person()

    def _fine(self, call: Call, said: str) -> Move:
        assert call.emergency is not None and call.filed is not None
        draft = replace(
            call.emergency,
            content=f"{call.emergency.content}；回拨：{said}"[:LONGEST],
            call_back=False,
        )
        call.emergency = draft
        return Go(state=Thanking(draft=draft, then="leave", replace=call.filed.ticket_no))

    def _more(self, call: Call, said: str) -> Move:
        assert call.emergency is not None
        if answer(said).yes is None and len(said) < SHORTEST:
            return Miss()
        content = f"{call.emergency.content}；回拨：{said}"[:LONGEST]
        call.emergency = replace(call.emergency, content=content)
        return _person()


class Thanking(Filing, frozen=True, kw_only=True):
    """The ticket learns that its caller is well; whatever comes of it, goodbye."""

    def filed(self, call: Call, ticket_no: str) -> Move:
        return Finish((Say("em.back.bye"),))

    def filing_failed(self, call: Call) -> Move:
        return Finish((Say("em.back.bye"),))


def rung_back(call: Call, event: RungBack) -> tuple[AskedBack, tuple[AnyCommand, ...]]:
    """The caller of an emergency has answered: who is calling, the recording, the question."""
    area = call.data.knowledge.gazetteer.data.area_code
    call.caller = phone_number(event.number, area) or ""
    call.at = event.at
    call.emergency = event.draft
    call.filed = FiledTicket(event.ticket_no, event.draft)
    state = AskedBack(reason=event.reason)
    notice = Play((Say("em.back.notice"),), barge_in=False)
    note = Note(f"回拨来电人：工单 {event.ticket_no}")
    return state, (note, notice, Record(), *ask(call, state.question(call)))


def no_longer_waiting(call: Call) -> tuple[AnyCommand, ...]:
    """Somebody talks to the caller of an emergency now: the ticket need not ask for a call.

    It also learns what was said since it was filed.
    """
    if call.emergency is None or call.filed is None:
        return ()
    draft = replace(call.emergency, call_back=False)
    if draft in (call.filed.draft, call.pending):
        return ()
    call.emergency = call.pending = draft
    return (FileTicket(draft, call.filed.ticket_no),)


def gone(call: Call, draft: TicketDraft, *, helped: bool) -> tuple[AnyCommand, ...]:
    """What to file when the caller of the emergency ``draft`` is gone.

    Unless ``helped`` (somebody was talking to them) they are to be rung.
    """
    wanted = draft if helped else replace(draft, call_back=True)
    if call.filed is None:
        return (FileTicket(wanted if helped else replace(wanted, complete=False)),)
    return () if wanted == call.filed.draft else (FileTicket(wanted, call.filed.ticket_no),)


def looked_after(state: State) -> bool:
    """Whether a caller who leaves now has had help, or has been told that all is done."""
    return isinstance(state, HelpOver) or (
        isinstance(state, AskedBack) and state.reason == "handled"
    )


def fine(text: str) -> bool:
    """Whether somebody says that no help is needed any more."""
    if any(words in text for words in _NOT_FINE):
        return False
    reply = answer(text)
    return any(words in text for words in _FINE) or (reply.yes is False and not reply.rest)


def _person() -> Move:
    return ToPerson(reason="emergency")
