"""What the dialogue asks of systems outside, in the middle of a call."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime
from pathlib import Path

import pytest

from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.model import LinkChange
from adapters.ports import PlatformRejected, PlatformUnavailable, SmsUnavailable
from flows import commands as do
from flows.events import AnyEvent, Replied, RequestFailed
from flows.requests import (
    AnyRequest,
    BookSlot,
    CheckCode,
    CheckIdentity,
    CodeChecked,
    CodeSent,
    IdentityChecked,
    LinkSent,
    OfferSlots,
    QueryAnswered,
    QueryService,
    SendCode,
    SendLink,
    SlotBooked,
    SlotGone,
    SlotsOffered,
)
from ivr.call.codes import HOUR_S
from tests.adapters.samples import ID_NO
from tests.ivr.call.desk import Desk, open_desk
from tests.ivr.call.scripted import NOTICE, ScriptedTalk, asks
from tests.until import until

MOBILE = "13812345678"
WHO = CheckIdentity("陈大文", MOBILE, ID_NO)


async def ask(desk: Desk, talk: ScriptedTalk, request: AnyRequest) -> AnyEvent:
    """Let the dialogue ask, and give what it is answered."""
    number = len(talk.heard(Replied)) + len(talk.heard(RequestFailed)) + 1
    desk.session.conversation._requests.ask(do.Ask(request, number))

    def answers() -> list[Replied | RequestFailed]:
        found = [*talk.heard(Replied), *talk.heard(RequestFailed)]
        return [event for event in found if event.number == number]

    await until(lambda: bool(answers()))
    return answers()[0]


def replied(event: AnyEvent) -> object:
    """The reply in an event."""
    assert isinstance(event, Replied), event
    return event.reply


def code_in(sms: MemorySms) -> str:
    """The code in the message sent last."""
    found = re.search(r"\d{6}", sms.messages[-1].text)
    assert found is not None
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_requests_are_answered_while_the_call_goes_on(tmp_path: Path) -> None:
    slow = asyncio.Event()

    class Slow(MemoryServices):
        async def check_identity(self, request: CheckIdentity) -> IdentityChecked:
            await slow.wait()
            return IdentityChecked(True)

    talk = ScriptedTalk((do.Ask(WHO, 7), *asks("请稍候")), asks("还在吗"), asks("核验好了"))
    async with open_desk(tmp_path, talk=talk) as desk:
        object.__setattr__(desk.services, "city", Slow())
        await desk.worker.playing("请稍候")
        desk.keys("1")
        await desk.worker.playing("还在吗")
        slow.set()
        await desk.worker.playing("还在吗")
        desk.worker.over(completed=True)
        await desk.worker.playing("核验好了")
        assert talk.heard(Replied) == [Replied(7, IdentityChecked(True))]


async def test_each_request_gets_its_reply(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        assert replied(await ask(desk, talk, WHO)).matches  # type: ignore[attr-defined]
        told = replied(await ask(desk, talk, QueryService("0605", {"id_no": ID_NO})))
        assert isinstance(told, QueryAnswered) and told.sentences
        offered = replied(await ask(desk, talk, OfferSlots("1701", datetime.now())))
        assert isinstance(offered, SlotsOffered)
        # A dialogue knows local times alone.
        assert all(slot.starts.tzinfo is None for slot in offered.slots)
        order = BookSlot("1701", offered.slots[0].slot, MOBILE)
        booked = replied(await ask(desk, talk, order))
        assert isinstance(booked, SlotBooked) and booked.appointment == offered.slots[0]
        assert replied(await ask(desk, talk, order)) == SlotGone()


async def test_a_link_is_sent_and_its_news_find_the_call(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        sent = replied(await ask(desk, talk, SendLink(MOBILE, "0101", ("identity",))))
        assert isinstance(sent, LinkSent)
        (message,) = desk.sms.of(MOBILE)
        assert message.kind == "link"
        assert sent.reference in message.text and "事项0101" in message.text
        change = LinkChange(sent.reference, "opened", datetime.now().astimezone())
        assert await desk.store.record_link(change)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PlatformUnavailable("away"), "unavailable"),
        (PlatformRejected("never"), "refused"),
    ],
)
async def test_a_failure_is_told_as_one(tmp_path: Path, error: Exception, reason: str) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        desk.city.fail_with = [error]  # type: ignore[list-item]
        await desk.worker.playing("请说")
        assert await ask(desk, talk, WHO) == RequestFailed(1, reason)
        desk.sms.fail_with = [SmsUnavailable("away")]
        assert await ask(desk, talk, SendCode(MOBILE)) == RequestFailed(2, "unavailable")


async def test_a_system_that_never_answers_is_given_up(tmp_path: Path) -> None:
    class Silent(MemoryServices):
        async def query(self, request: QueryService) -> QueryAnswered:
            await asyncio.Event().wait()
            raise AssertionError

    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk, settings={"request_s": 0.05}) as desk:
        object.__setattr__(desk.services, "city", Silent())
        await desk.worker.playing("请说")
        failed = await ask(desk, talk, QueryService("0605", {}))
        assert failed == RequestFailed(1, "unavailable")


async def test_a_bug_in_an_adapter_leaves_nobody_waiting(tmp_path: Path) -> None:
    class Broken(MemoryServices):
        async def query(self, request: QueryService) -> QueryAnswered:
            raise RuntimeError("a bug")

    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        object.__setattr__(desk.services, "city", Broken())
        await desk.worker.playing("请说")
        failed = await ask(desk, talk, QueryService("0605", {}))
        assert failed == RequestFailed(1, "unavailable")


async def test_nothing_is_asked_beyond_the_calls_end(tmp_path: Path) -> None:
    began, cancelled = asyncio.Event(), asyncio.Event()

    class Silent(MemoryServices):
        async def query(self, request: QueryService) -> QueryAnswered:
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            raise AssertionError

    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        object.__setattr__(desk.services, "city", Silent())
        await desk.worker.playing("请说")
        desk.session.conversation._requests.ask(do.Ask(QueryService("0605", {}), 1))
        await asyncio.wait_for(began.wait(), 20)
        await desk.hang_up()
        assert cancelled.is_set()


async def test_the_code_that_was_sent_is_right_once(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        assert replied(await ask(desk, talk, SendCode(MOBILE))) == CodeSent()
        code = code_in(desk.sms)
        right = replied(await ask(desk, talk, CheckCode(code)))
        assert isinstance(right, CodeChecked) and right.right and right.reference
        assert replied(await ask(desk, talk, CheckCode(code))) == CodeChecked(False)


async def test_a_code_is_spent_after_three_wrong_tries(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        await ask(desk, talk, SendCode(MOBILE))
        code = code_in(desk.sms)
        left = []
        for _ in range(3):
            checked = replied(await ask(desk, talk, CheckCode(other_than(code))))
            assert isinstance(checked, CodeChecked)
            left.append(checked.tries_left)
        assert left == [2, 1, 0]
        assert replied(await ask(desk, talk, CheckCode(code))) == CodeChecked(False)


async def test_only_the_latest_code_counts(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        await ask(desk, talk, SendCode(MOBILE))
        first = code_in(desk.sms)
        while True:
            await ask(desk, talk, SendCode(MOBILE))
            if code_in(desk.sms) != first:
                break
        checked = replied(await ask(desk, talk, CheckCode(first)))
        assert isinstance(checked, CodeChecked) and not checked.right


async def test_codes_are_not_sent_without_end(tmp_path: Path) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        for _ in range(3):
            await ask(desk, talk, SendCode(MOBILE))
        assert await ask(desk, talk, SendCode(MOBILE)) == RequestFailed(4, "limit")
        assert len(desk.sms.messages) == 3


async def test_one_number_gets_no_more_than_its_codes_an_hour_whoever_calls(
    tmp_path: Path,
) -> None:
    talk = ScriptedTalk(asks("请说"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        for _ in range(desk.services.settings.codes.per_mobile):
            key = "code.mobile." + _hashed(MOBILE)
            await desk.services.counter.count(key, HOUR_S)
        assert await ask(desk, talk, SendCode(MOBILE)) == RequestFailed(1, "limit")
        assert replied(await ask(desk, talk, SendCode("13900000000"))) == CodeSent()


def _hashed(number: str) -> str:
    import hashlib

    return hashlib.sha256(number.encode()).hexdigest()[:32]


async def test_no_code_reaches_a_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    talk = ScriptedTalk((NOTICE, *asks("请说")))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        await ask(desk, talk, SendCode(MOBILE))
        code = code_in(desk.sms)
        await ask(desk, talk, CheckCode(other_than(code)))
        await ask(desk, talk, CheckCode(code))
        await ask(desk, talk, WHO)
        await desk.hang_up()
    for secret in (code, other_than(code), ID_NO, MOBILE):
        assert secret not in caplog.text
