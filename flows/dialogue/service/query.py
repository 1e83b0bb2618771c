"""Services that are answered at once: the platform is asked, and its answer read out."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.commands import Say, Text
from flows.dialogue.call import Call, Said
from flows.dialogue.giving_up import gives_up
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech, ToPerson
from flows.dialogue.service.form import CONSENT, asked, form, put, sheet, value_of
from flows.dialogue.service.reading import in_parts
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.service.verify import settle
from flows.dialogue.service.waiting import Waiting
from flows.dialogue.state import Question
from flows.requests import AnyReply, AnyRequest, QueryAnswered, QueryService
from flows.values.yes_no import yes_no

PART_S = 20.0


def next_query(call: Call) -> Move | None:
    """Ask the platform if it has not answered yet."""
    return None if sheet(call).told else Go(state=Querying())


class Querying(Waiting, frozen=True):
    """The platform is being asked."""

    def request(self, call: Call) -> AnyRequest:
        values = {slot: value_of(call, slot) for slot in asked(call) if slot != CONSENT}
        return QueryService(sheet(call).service, {k: v for k, v in values.items() if v})

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, QueryAnswered):
            return self.refused(call, "")
        if not reply.sentences:
            return Go(state=NothingFound(), note="平台没有查到")
        put(call, told=reply.sentences)
        parts = answer_parts(call)
        if len(parts) == 1:
            return Proceed(parts[0], note="已播报查询结果")
        return Go(state=Answering(), note="开始播报查询结果")

    def refused(self, call: Call, reason: str) -> Move:
        put(call, why="query-unavailable")
        return replace(settle(call, (Say("svcform.query.unavailable"),)), note="平台暂时查不了")


def answer_parts(call: Call) -> list[Speech]:
    """The platform's sentences, in parts that one can listen to."""
    pieces: list[Speech] = [(Text(sentence),) for sentence in sheet(call).told]
    pieces[0] = (Say("svcform.query.lead"), *pieces[0])
    return in_parts(call.data, pieces, PART_S)


class Answering(ServiceState, frozen=True):
    """Reads a long answer part by part."""

    remembered: ClassVar[bool] = False

    at: int = 0

    def heard(self, call: Call, said: Said) -> Move:
        # The answer has been found; only hearing the rest of it is not wanted.
        if gives_up(call, said.text, lightly=True):
            return Proceed()
        return super().heard(call, said)

    def question(self, call: Call) -> Question:
        speech = (*answer_parts(call)[self.at], Say("svcform.read.on"))
        return Question(speech, expect=("继续", "不用了"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._on(call)
        return Proceed() if digits in ("2", "") else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        reply = yes_no(said.text)
        if wording.go_on.whole(said.text) or reply:
            return self._on(call)
        if reply is False or wording.nothing.whole(said.text):
            return Proceed()
        return Miss()

    def missed(self, call: Call) -> Move | None:
        return Proceed()

    def _on(self, call: Call) -> Move:
        parts = answer_parts(call)
        if self.at + 2 >= len(parts):
            return Proceed(parts[-1])
        return Go(state=Answering(at=self.at + 1))


class NothingFound(ServiceState, frozen=True):
    """Nothing under these data: mend them, or leave it to the staff."""

    remembered: ClassVar[bool] = False

    def question(self, call: Call) -> Question:
        return Question(
            (Say("svcform.query.nothing"), Say("svcform.query.nothing.ask")),
            expect=("重新说", "登记", "转人工"),
        )

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._mend(call)
        return self._leave(call) if digits == "2" else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        if wording.call_back.whole(said.text) or wording.call_back.inside(said.text):
            return self._leave(call)
        if wording.change.whole(said.text) or wording.change.inside(said.text):
            return self._mend(call)
        return Miss()

    def missed(self, call: Call) -> Move | None:
        return self._leave(call) if call.unheard == 0 else ToPerson(reason="nothing-found")

    def _mend(self, call: Call) -> Move:
        from flows.dialogue.service.readback import WhichEntry

        return Go(state=WhichEntry(slots=tuple(asked(call))))

    def _leave(self, call: Call) -> Move:
        put(call, why="query-nothing")
        call.form = replace(form(call), call_back=True)
        return settle(call, (Say("common.ok"),))
