"""After the call, over real SIP: ratings, missed calls returned, closed tickets followed up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.dialling import Ground
from adapters.errands import Errand, ErrandKind
from adapters.model import CallRecord, StateChange
from adapters.simulator.server import Simulator
from adapters.sql.store import SqlStore
from flows.ticket import Recognised, TicketDraft
from ivr import live
from ivr.aftercall.settings import FollowUpSettings, MissedSettings
from ivr.config import Config
from ivr.dialling.settings import DiallingSettings, PurposeSettings
from ivr.sip.phone import PhoneCall, PhoneError, RobotPhone
from tests.calls.line import CALLER, Line, line_config, open_line, with_settings
from tests.calls.process import serving
from tests.until import until

ALWAYS = PurposeSettings(hours=("00:00-24:00",), ring_s=15.0)
LIGHT = TicketDraft(
    type="求助",
    recognised=Recognised("cmp.streetlight", "路灯不亮", 1.0, True),
    content="人民路的路灯不亮",
    contact_number=CALLER,
)


def calling(phone: RobotPhone) -> Callable[[Config], Config]:
    """A hotline that rings ``phone`` for the caller's number, at any hour and soon."""

    def change(config: Config) -> Config:
        config = with_settings(config, "call", targets={CALLER: phone.uri})
        return msgspec.structs.replace(
            config,
            dialling=DiallingSettings(missed=ALWAYS, follow_up=ALWAYS),
            missed=MissedSettings(after_s=0.2, wait_s=60.0, poll_s=0.2, lines_free=0),
            follow_up=FollowUpSettings(poll_s=0.2, lines_free=0),
        )

    return change


@asynccontextmanager
async def hotline(tmp_path: Path) -> AsyncIterator[tuple[Line, RobotPhone]]:
    """A line, and the citizen's telephone, which answers."""
    async with RobotPhone(CALLER) as phone, open_line(tmp_path, calling(phone)) as line:
        yield line, phone


async def closed(store: SqlStore) -> str:
    """A ticket that waits for its follow-up; its number."""
    now = datetime.now(UTC)
    await store.open_call(CallRecord("earlier", CALLER, "12345", now, node="test"))
    ticket = await store.file_ticket("earlier", LIGHT, (), at=now)
    await store.close_call("earlier", ended=now, outcome="ticket", recording="", lines=())
    await store.record_state(StateChange(ticket.ticket_no, "待回访", now))
    return ticket.ticket_no


async def answer(line: Line, call: PhoneCall, *answers: tuple[str, str]) -> None:
    """As soon as the hotline begins a question of these words: this key."""
    for question, key in answers:
        await begins(line, question)
        await call.send_key(key)


async def begins(line: Line, words: str) -> None:
    """Wait until the hotline begins to say these words."""
    await until(lambda: any(words in text for text in line.saying))


async def ended(store: SqlStore, kind: ErrandKind) -> Errand:
    """The one errand of a kind, when it is over."""

    async def over() -> Errand | None:
        (one,) = await store.errands(kind)
        return one if one.state != "waiting" else None

    return await until(over, what=f"the end of the errand {kind}")


async def test_who_has_talked_with_a_person_rates_that_and_says_why(tmp_path: Path) -> None:
    async with RobotPhone(CALLER) as phone, open_line(tmp_path) as line:
        call = await line.call(phone)
        await answer(line, call, ("请直接说您要办什么", "0"))
        operator = await line.operator.incoming(30)
        await operator.up()
        await until(lambda: bool(line.happened(live.Bridged)))
        await operator.hang_up()
        await answer(line, call, ("请对本次服务评价", "3"), ("请说一下原因", "1"))
        await answer(line, call, ("没人联系", "4"))
        await begins(line, "您的意见已经记下")
        await call.hang_up()
        await until(lambda: len(line.platform.opinions.ratings) == 1)
        (told,) = line.platform.opinions.ratings.values()
        assert (told.about, told.satisfaction) == ("人工", "不满意")
        await until(
            lambda: (
                {one.dissatisfy_reason for one in line.platform.opinions.ratings.values()}
                == {"处理太慢"}
            )
        )


async def test_who_hung_up_at_the_greeting_is_called_back_once(tmp_path: Path) -> None:
    async with hotline(tmp_path) as (line, phone):
        call = await line.call(phone)
        await until(lambda: bool(line.saying))
        await call.hang_up()
        back = await phone.incoming(30)
        await back.up()
        await begins(line, "没有接通，现在给您回电")
        await back.hang_up()
        one = await ended(line.node.store, "missed")
        assert (one.state, one.how, one.tries) == ("done", "greeting", 1)
        (attempt,) = await line.node.store.attempts(ground=Ground("call", one.ref))
        assert (attempt.outcome, attempt.reached) == ("answered", True)
        calls = line.happened(live.CallArrived)
        assert [getattr(one, "outgoing", None) for one in calls] == [False, True]


async def test_a_content_citizen_closes_the_ticket(tmp_path: Path) -> None:
    async with hotline(tmp_path) as (line, phone):
        number = await closed(line.node.store)
        call = await phone.incoming(30)
        await call.up()
        await answer(
            line,
            call,
            ("是请按一，不是请按二", "1"),
            ("有单位联系过您吗", "1"),
            ("问题解决了吗", "1"),
            ("您对办理满意吗", "2"),
        )
        await begins(line, "您的工单编号是")
        await call.hang_up()
        one = await ended(line.node.store, "follow-up")
        assert (one.state, one.result, one.tries) == ("done", "answered", 1)
        await until(lambda: bool(line.platform.opinions.follow_ups))
        (told,) = line.platform.opinions.follow_ups.values()
        assert (told.ticket_no, told.verdict, told.satisfaction) == (number, "回访完成", "基本满意")
        said = "".join(line.saying)
        assert said.index("本次通话将被录音") < said.index("路灯不亮")
        assert len(list(tmp_path.glob("recordings/*/*/*/*.wav"))) == 1


async def test_one_who_is_not_content_gets_a_person_and_a_review(tmp_path: Path) -> None:
    async with hotline(tmp_path) as (line, phone):
        await closed(line.node.store)
        call = await phone.incoming(30)
        await call.up()
        await answer(
            line,
            call,
            ("是请按一，不是请按二", "1"),
            ("有单位联系过您吗", "2"),
            ("问题解决了吗", "3"),
            ("您对办理满意吗", "3"),
            ("请说一下原因", "1"),
            ("没人联系", "1"),
            ("现在就要找人工请按一", "1"),
        )
        operator = await line.operator.incoming(30)
        await operator.up()
        await until(lambda: bool(line.happened(live.Bridged)))
        await operator.hang_up()
        await until(lambda: call.ended)
        await until(lambda: bool(line.platform.opinions.follow_ups))
        (told,) = line.platform.opinions.follow_ups.values()
        assert (told.verdict, told.resolved_by_caller, told.satisfaction) == (
            "待人工复核", "未解决", "不满意",
        )  # fmt: skip
        assert (told.dissatisfy_reason, told.review, told.asked_for_person) == (
            "没人联系", True, True,
        )  # fmt: skip
        assert not line.platform.opinions.ratings


@pytest.mark.timeout(180)
async def test_a_node_killed_while_it_rings_rings_nobody_again(tmp_path: Path) -> None:
    async with (
        Simulator() as platform,
        RobotPhone("operator") as operator,
        RobotPhone(CALLER) as phone,
    ):
        phone.lets_ring()
        config = calling(phone)(line_config(tmp_path, platform, operator.uri))
        always = 'hours = ["00:00-24:00"]\n'
        toml = f"[dialling.missed]\n{always}[dialling.follow_up]\n{always}"
        toml += f'[call.targets]\n"{CALLER}" = "{phone.uri}"\n'
        async with serving(config, toml) as node:
            store = SqlStore(config.database_url)
            await store.start()
            await closed(store)
            await phone.incoming(30)
            node.kill()
            await node.wait()
        (attempt,) = await store.attempts()
        assert attempt.state == "placed"
        async with serving(config, toml):

            async def unsure() -> bool:
                return (await store.errands("follow-up"))[0].result == "may-have-rung"

            await until(unsure)
            (attempt,) = await store.attempts()
            assert attempt.state == "unknown"
            with pytest.raises(PhoneError):
                await phone.incoming(2)
        await store.close()
