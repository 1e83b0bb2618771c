"""Appointments: what is free is offered, one is chosen, and it is booked."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from flows.commands import Say, Text
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Go, Miss, Move, Proceed, Speech
from flows.dialogue.service.ask import AskField
from flows.dialogue.service.clock import spoken_appointment
from flows.dialogue.service.form import (
    MOBILE,
    UNKNOWN_TIME,
    WISH,
    fill,
    kind_of,
    put,
    service,
    setting,
    sheet,
    value_of,
)
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.service.verify import settle
from flows.dialogue.service.waiting import Waiting
from flows.dialogue.state import Question
from flows.requests import (
    AnyReply,
    AnyRequest,
    Appointment,
    BookSlot,
    OfferSlots,
    SlotBooked,
    SlotGone,
    SlotsOffered,
)
from flows.values.choice import chosen
from flows.values.yes_no import yes_no

OFFERED = 3
Half = Literal["", "上午", "下午"]


def next_booking(call: Call) -> Move | None:
    """Find and book an appointment, if that is not done yet."""
    return None if sheet(call).appointment else Go(state=Offering())


def told(call: Call) -> Speech:
    """The appointment, when it is filed."""
    appointment = sheet(call).appointment
    if appointment is None:
        return ()
    return (Say("svcform.book.done"), Text(spoken_appointment(appointment)))


def wish(call: Call) -> tuple[datetime, Half]:
    """From when on, and which half of the day, the caller would like to come."""
    now = call.at or UNKNOWN_TIME
    filled = sheet(call).filled.get(WISH)
    if filled is None or not filled.value:
        return now, ""
    half: Half = ""
    if "上午" in filled.value or "上午" in filled.said:
        half = "上午"
    elif any(word in filled.value + filled.said for word in ("下午", "晚")):
        half = "下午"
    day = _date_in(filled.value)
    if day is None:
        return now, half
    if not half and (day.hour or day.minute):
        half = "上午" if day.hour < 12 else "下午"
    return max(day, now), half


def _date_in(text: str) -> datetime | None:
    for size in (len(text), 16, 10):
        try:
            return datetime.fromisoformat(text[:size])
        except ValueError:
            continue
    return None


class Offering(Waiting, frozen=True):
    """The platform is asked what is free."""

    def request(self, call: Call) -> AnyRequest:
        since, half = wish(call)
        return OfferSlots(sheet(call).service, since, half, OFFERED)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, SlotsOffered):
            return self.refused(call, "")
        if not reply.slots:
            return Go(state=NoneFree(), note="没有可约的时间")
        return Go(state=ChooseSlot(slots=reply.slots[:OFFERED]))

    def refused(self, call: Call, reason: str) -> Move:
        put(call, why="booking-unavailable")
        return settle(call, (Say("svcform.book.unavailable"),))


class ChooseSlot(ServiceState, frozen=True, kw_only=True):
    """Up to three appointments to choose from, or another day."""

    remembered: ClassVar[bool] = False

    slots: tuple[Appointment, ...]

    def question(self, call: Call) -> Question:
        speech: Speech = (Say("svcform.book.ask"),)
        for number, slot in enumerate(self.slots, start=1):
            speech = (*speech, Text(spoken_appointment(slot)), Say(f"key.{number}"))
        speech = (*speech, Say("svcform.book.other"))
        return Question(speech, expect=("第一个", "第二个", "第三个", "换一天"), no_input_s=8.0)

    def keys(self, call: Call, digits: str) -> Move:
        if digits in ("1", "2", "3") and int(digits) <= len(self.slots):
            return self._take(int(digits) - 1)
        return another_day(call) if digits == "4" else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        text, wording = said.text, call.data.wording
        if wording.another_day.whole(text) or wording.neither.whole(text):
            return another_day(call)
        names = [spoken_appointment(slot) for slot in self.slots]
        index = chosen(text, names)
        if index is None:
            index = self._by_time(text)
        if index is None and len(self.slots) == 1 and yes_no(text):
            index = 0
        if index is not None:
            return self._take(index)
        wished = kind_of(call, WISH).hear(text, setting(call, WISH)).value
        if wished is not None and wished.text:
            fill(call, WISH, wished, "speech")
            return Proceed((Say("common.ok"),))
        if wording.another_day.inside(text):
            return another_day(call)
        return Miss()

    def _by_time(self, text: str) -> int | None:
        """The only offer that the words of its day, half or hour point to."""
        left = [
            index
            for index, slot in enumerate(self.slots)
            if any(word in text for word in _words(slot))
        ]
        sharper = [
            index
            for index in left
            if all(word in _words(self.slots[index]) for word in _all_words(self.slots, text))
        ]
        return sharper[0] if len(sharper) == 1 else left[0] if len(left) == 1 else None

    def _take(self, index: int) -> Move:
        return Go(state=Booking(slot=self.slots[index]))

    def missed(self, call: Call) -> Move | None:
        return None if call.unheard else settle(call, (Say("svcform.book.later"),))


def _words(slot: Appointment) -> tuple[str, ...]:
    at = slot.starts
    half = "上午" if at.hour < 12 else "下午"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    numerals = "零一二三四五六七八九十"
    spoken = numerals[hour] if hour <= 10 else "十" + numerals[hour - 10]
    day = "一二三四五六日"[at.weekday()]
    names = (f"星期{day}", f"周{day}", f"礼拜{day}")
    return (half, f"{hour}点", f"{spoken}点", f"{at.day}号", *names)


def _all_words(slots: tuple[Appointment, ...], text: str) -> set[str]:
    return {word for slot in slots for word in _words(slot) if word in text}


def another_day(call: Call) -> Move:
    """Ask for another wish."""
    return Go(state=AskField(slot=WISH))


class NoneFree(ServiceState, frozen=True):
    """Nothing is free: another day, or somebody rings."""

    remembered: ClassVar[bool] = False

    def question(self, call: Call) -> Question:
        speech = (Say("svcform.book.none"), Say("svcform.book.none.ask"))
        return Question(speech, expect=("换一天", "登记", "转人工"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return another_day(call)
        return settle(call) if digits == "2" else super().keys(call, digits)

    def answered(self, call: Call, said: Said) -> Move:
        text, wording = said.text, call.data.wording
        if wording.another_day.whole(text) or wording.another_day.inside(text):
            return another_day(call)
        if wording.call_back.whole(text) or wording.call_back.inside(text):
            return settle(call)
        wished = kind_of(call, WISH).hear(text, setting(call, WISH)).value
        if wished is not None and wished.text:
            fill(call, WISH, wished, "speech")
            return Proceed((Say("common.ok"),))
        return Miss()

    def missed(self, call: Call) -> Move | None:
        return settle(call)


class Booking(Waiting, frozen=True, kw_only=True):
    """The appointment chosen is being booked."""

    slot: Appointment

    def request(self, call: Call) -> AnyRequest:
        mobile = value_of(call, MOBILE) or call.caller
        return BookSlot(service(call).code, self.slot.slot, mobile)

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if isinstance(reply, SlotGone):
            return Go((Say("svcform.book.gone"),), state=Offering(), note="选的时间刚被约走")
        if not isinstance(reply, SlotBooked):
            return self.refused(call, "")
        put(call, appointment=reply.appointment, booking=reply.reference)
        return Proceed(note="预约成功")

    def refused(self, call: Call, reason: str) -> Move:
        put(call, why="booking-unavailable")
        return settle(call, (Say("svcform.book.unavailable"),))
