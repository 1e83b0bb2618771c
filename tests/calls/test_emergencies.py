"""Emergencies over real SIP: who is rung, who is told, who listens, and who is called back.

The callers' words reach the call as recognised text: what is tested here is the telephone.
Words as speech are in ``test_people`` and ``test_words``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from adapters.settings import NoticeSettings, WebhookSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Notify
from asr.engine import Result
from asr.turns import TurnEnded
from flows.alarm import AlarmStep
from flows.emergency import alarm_of
from ivr import live
from ivr.call.hearing import CALLER as CALLER_LEG
from ivr.call.hearing import Heard
from ivr.call.session import CallSession
from ivr.config import Config
from ivr.emergency.settings import RingBackSettings
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.calls.test_people import CALLER_HZ, OPERATOR_HZ, channels, strongest
from tests.until import until

Sessions = list[CallSession]


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """The node's calls, as they begin."""
    made: Sessions = []

    class Seen(CallSession):
        async def run(self) -> None:
            made.append(self)
            await super().run()

    monkeypatch.setattr("ivr.node.CallSession", Seen)
    return made


def say(session: CallSession, text: str) -> None:
    """The caller has said ``text``."""
    turn = TurnEnded(0.0, 1.0, 1.5, Result(text, confidence=1.0))
    session._inbox.put_nowait(Heard(CALLER_LEG, turn))


def emergencies(
    **targets: RobotPhone,
) -> Callable[[Config], Config]:
    """A configuration whose numbers are these phones, and whose webhook the simulator knows."""
    addresses = {name.removeprefix("n"): phone.uri for name, phone in targets.items()}

    def change(config: Config) -> Config:
        config = with_settings(config, "call", targets=addresses)
        return msgspec.structs.replace(
            config,
            webhook=WebhookSettings(DEMO_KEY_ID, DEMO_SECRET),
            notices=NoticeSettings(poll_s=0.1),
            ring_back=RingBackSettings(after_s=0.0, poll_s=0.1, wait_s=0.5),
        )

    return change


def answer_back(line: Line) -> None:
    """Let the simulated platform reach the hotline's webhook."""
    line.platform.notify(Notify(f"http://127.0.0.1:{line.node.config.http.port}"))


async def test_the_hotline_stays_with_who_calls_for_help_at_sea(
    tmp_path: Path, sessions: Sessions
) -> None:
    async with (
        RobotPhone("12395") as rescue,
        RobotPhone("110") as police,
        RobotPhone(CALLER) as phone,
    ):
        rescue.refuses(486)
        police.answers(0.2)
        async with open_line(tmp_path, emergencies(n12395=rescue, n110=police)) as line:
            answer_back(line)
            call = await line.call(phone)
            await line.hotline_says("本次通话将被录音")
            say(sessions[0], "银滩这里有小孩溺水了快来人")
            # The first is busy, the next one answers.
            await rescue.incoming(30)
            other = await police.incoming(30)
            await other.up()
            await until(lambda: bool(line.happened(live.Bridged)))
            await asyncio.gather(
                call.play(tone(CALLER_HZ, 3.0), loop=True),
                other.play(tone(OPERATOR_HZ, 3.0), loop=True),
            )
            await call.hears_tone(OPERATOR_HZ, timeout_s=20)
            await other.hears_tone(CALLER_HZ, timeout_s=20)
            # All units were told at once, before anything else could happen.
            (received,) = await line.tickets(1)
            kinds = line.node.flows.data.knowledge.emergencies["em.sea"]
            await until(lambda: len(line.platform.notices) == len(kinds.notify))
            assert {one.notice.addressee for one in line.platform.notices} == set(kinds.notify)
            assert received.ticket.urgency == "特急"
            assert await line.platform.sign(line.platform.notices[0].notice.key, "张三")
            record = await line.node.store.emergency(received.ticket.ticket_no)
            assert record is not None
            assert record.state == "signed"
            await call.hang_up()
            await until(lambda: bool(line.happened(live.CallOver)))
            # Help had answered: nobody is called back.
            assert await line.node.store.ring_backs(received.ticket.ticket_no) == []
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    left, right = channels(audio)
    assert strongest(left, CALLER_HZ) > 0.5
    assert strongest(right, OPERATOR_HZ) > 0.5


async def test_the_hotline_leaves_two_who_talk_about_a_hole_in_the_road(
    tmp_path: Path, sessions: Sessions
) -> None:
    async with RobotPhone("122") as traffic, RobotPhone(CALLER) as phone:
        traffic.answers(0.2)
        async with open_line(tmp_path, emergencies(n122=traffic)) as line:
            call = await line.call(phone)
            await line.hotline_says("本次通话将被录音")
            say(sessions[0], "马路突然塌了一个大洞")
            await until(lambda: "路面塌了" in "".join(line.said("note")) or len(sessions) == 1)
            await line.hotline_says("路面塌了")
            await call.send_key("1")
            other = await traffic.incoming(30)
            await other.up()
            await until(lambda: bool(line.happened(live.Bridged)))
            await asyncio.gather(
                call.play(tone(CALLER_HZ, 3.0), loop=True),
                other.play(tone(OPERATOR_HZ, 3.0), loop=True),
            )
            await call.hears_tone(OPERATOR_HZ, timeout_s=20)
            await other.hears_tone(CALLER_HZ, timeout_s=20)
            # Keys belong to the talk of the two and go through.
            said = len(line.said("caller"))
            await call.send_key("7")
            await until(lambda: "7" in other.keys)
            assert len(line.said("caller")) == said
            await call.hang_up()
            await until(lambda: bool(line.happened(live.CallOver)))
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    left, right = channels(audio)
    assert strongest(left, CALLER_HZ) < 0.3
    assert strongest(right, OPERATOR_HZ) < 0.3


async def test_who_was_cut_off_is_called_back_and_helped(
    tmp_path: Path, sessions: Sessions
) -> None:
    async with RobotPhone("110") as police, RobotPhone(CALLER) as phone:
        police.lets_ring()
        change = emergencies(n110=police, **{f"n{CALLER}": phone})
        async with open_line(tmp_path, change) as line:
            call = await line.call(phone)
            await line.hotline_says("本次通话将被录音")
            say(sessions[0], "有人要跳楼站在天台上")
            await police.incoming(30)
            await call.hang_up()
            back = await phone.incoming(40)
            await back.up()
            await line.hotline_says("现在情况怎么样")
            await back.send_key("1")
            operator = await line.operator.incoming(30)
            await operator.up()
            await until(lambda: bool(line.happened(live.Bridged)))
            await asyncio.gather(
                back.play(tone(CALLER_HZ, 1.0)), operator.hears_tone(CALLER_HZ, timeout_s=20)
            )
            await back.hang_up()
            await until(lambda: len(line.happened(live.CallOver)) == 2)
            (received,) = await line.tickets(1)
            number = received.ticket.ticket_no

            async def reached() -> bool:
                (task,) = await line.node.store.ring_backs(number)
                return task.state == "reached"

            await until(reached)
            ticket = await line.node.store.ticket(number)
            assert ticket is not None
            assert not ticket.draft.call_back


async def test_nobody_signs_and_the_next_level_is_told(
    tmp_path: Path, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = alarm_of

    def quick(*args: object) -> object:
        steps = (AlarmStep(0.5, ("县区指挥中心值班室",)), AlarmStep(1.0, ("值班领导",)))
        return msgspec.structs.replace(whole(*args), steps=steps, repeat_s=0.5)  # type: ignore[arg-type]

    monkeypatch.setattr("ivr.parts.alarm_of", quick)
    async with (
        RobotPhone("119") as fire,
        RobotPhone(CALLER) as phone,
        open_line(tmp_path, emergencies(n119=fire)) as line,
    ):
        answer_back(line)
        call = await line.call(phone)
        await line.hotline_says("本次通话将被录音")
        say(sessions[0], "银海区侨港镇厨房煤气漏了")
        await fire.incoming(30)

        def reasons() -> list[str]:
            return [one.notice.reason for one in line.platform.notices]

        await until(lambda: reasons().count("escalation") == 2)
        await until(lambda: "reminder" in reasons())
        units = {one.notice.unit for one in line.platform.notices}
        assert {"侨港镇", "侨港镇网格员", "银海区指挥中心值班室", "值班领导"} <= units
        assert await line.platform.sign(line.platform.notices[-1].notice.key, "值班领导")
        assert await line.node.store.open_emergencies() == []
        await call.hang_up()
