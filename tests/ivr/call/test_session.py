"""A call's life: what is said, heard, recorded and filed, in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from adapters.memory import MemoryStore
from adapters.model import Handoff, Line, Ticket
from adapters.ports import StoreError
from asr.engine import Result
from asr.turns import SpeechSustained, TurnEnded
from flows import commands as do
from flows import events as ev
from flows.ticket import TicketDraft
from ivr.call.hearing import Heard
from ivr.sip import messages as sip
from tests.ivr.call.desk import INCOMING, Desk, open_desk
from tests.ivr.call.scripted import NOTICE, ScriptedTalk, asks
from tests.until import until

# From the open question to the end: menu, 反映问题, 道路交通, 路面破损积水, 银海区, 侨港镇,
# 今天, 来电号码, 不保密, 都对.
KEYS = ("1", "1", "2", "2", "2", "4", "1", "1", "2", "1")


async def key_through(desk: Desk, keys: Sequence[str]) -> None:
    """Answer each question with a key."""
    desk.worker.at_once = True
    for key in keys:
        before = len(desk.worker.told(sip.Play))
        desk.keys(key)
        await desk.worker.until(partial(_has_said_more, desk, before))


def _has_said_more(desk: Desk, than: int) -> bool:
    return len(desk.worker.told(sip.Play)) > than


async def test_nothing_is_recorded_before_the_notice_has_been_heard(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.worker.playing("本次通话将被录音")
        assert desk.worker.told(sip.StartRecording) == []
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("请直接说您要办什么")
        (recording,) = desk.worker.told(sip.StartRecording)
        assert Path(recording.path).parent.is_dir()


async def test_a_key_during_the_notice_counts_once_it_has_been_heard(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.worker.playing("本次通话将被录音")
        desk.keys("0")
        await desk.heard_out("本次通话将被录音")
        await desk.worker.until(lambda: bool(desk.worker.told(sip.StartRecording)))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        sent = desk.worker.sent
        started = next(at for at, one in enumerate(sent) if isinstance(one, sip.StartRecording))
        dialled = next(at for at, one in enumerate(sent) if isinstance(one, sip.Dial))
        assert started < dialled


async def test_a_key_pressed_ahead_is_not_lost(tmp_path: Path) -> None:
    async with open_desk(tmp_path, inter_digit_s=0.5) as desk:
        await desk.worker.playing("本次通话将被录音")
        # The first key opens the menu once the notice is over; the second is still waiting
        # for its inter-digit time when that happens, and answers the menu.
        desk.keys("1#1")
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("您要反映哪方面")


async def test_a_matter_told_by_keys_is_filed_with_call_and_transcript(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS)
        await desk.worker.playing("工单号")
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    call, lines = stored
    assert call.outcome == "ticket"
    assert [line.text for line in lines if line.by_keys] == list(KEYS)
    (row,) = await desk.store.outbox.due(datetime.now().astimezone())
    assert row.message.draft.recognised.intent == "cmp.road"
    assert row.message.draft.complete


async def test_hanging_up_in_the_middle_files_what_was_taken_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        await desk.hang_up()
    (row,) = await desk.store.outbox.due(datetime.now().astimezone())
    assert not row.message.draft.complete
    assert row.message.draft.place.town == "侨港镇"


async def test_a_worker_that_dies_leaves_an_unfinished_ticket(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        desk.worker.die()
        await desk.task
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert stored[0].outcome == "interrupted"
    assert len(await desk.store.outbox.due(datetime.now().astimezone())) == 1


async def test_what_is_taken_down_survives_the_node(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])

        async def taken_down() -> str:
            ((call, draft),) = await desk.store.unfinished_calls("test")
            return call.call_id if draft is not None and draft.place.town == "侨港镇" else ""

        assert await until(taken_down) == INCOMING.call_id


async def test_what_was_filed_is_not_filed_again_after_the_node_died(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS)
        await desk.worker.playing("工单号")
        ((_, draft),) = await desk.store.unfinished_calls("test")
    assert draft is None


class FullStore(MemoryStore):
    """A database that cannot take a ticket."""

    async def file_ticket(
        self, call_id: str, draft: TicketDraft, lines: Sequence[Line], *, at: datetime
    ) -> Ticket:
        raise StoreError("disk full")


async def test_a_database_that_fails_is_told_to_the_caller(tmp_path: Path) -> None:
    async with open_desk(tmp_path, store=FullStore()) as desk:
        await desk.greeted()
        await key_through(desk, KEYS)
        assert not any("工单号" in play.files[0] for play in desk.worker.told(sip.Play))
        assert not desk.task.done()


async def test_the_card_is_delivered_before_the_operators_phone_rings(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        desk.keys("0")
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        (handoff,) = desk.platform.handoffs
        assert handoff.caller == INCOMING.caller
        assert any("按键" in line.text or line.by_keys for line in handoff.transcript)
        (dial,) = desk.worker.told(sip.Dial)
        assert dial.uri == "sip:op@127.0.0.1"
        await desk.heard_out("转人工")
        desk.worker.tell(sip.LegChanged(dial.leg, "up", 200))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Wire)))
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert stored[0].outcome == "transferred"


async def test_nobody_answers_and_a_ticket_asks_for_a_call_back(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        desk.keys("0")
        await desk.heard_out("转人工")
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))
        (dial,) = desk.worker.told(sip.Dial)
        desk.worker.tell(sip.LegChanged(dial.leg, "failed", 480))
        await desk.hang_up()
    rows = await desk.store.outbox.due(datetime.now().astimezone())
    assert [row.message.draft.call_back for row in rows] == [True]


async def test_without_an_operator_the_transfer_fails_and_the_call_goes_on(tmp_path: Path) -> None:
    async with open_desk(tmp_path, operator="") as desk:
        await desk.greeted()
        desk.keys("0")
        await desk.heard_out("转人工")
        await desk.worker.until(partial(_has_said_more, desk, 3))
        assert desk.worker.told(sip.Dial) == []
        assert not desk.task.done()


async def test_losing_recognition_leads_to_keys(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        desk.decoder.lose()
        await desk.worker.playing("按键")
        await key_through(desk, ["1"])
        assert not desk.task.done()


async def test_a_silent_caller_is_asked_again(tmp_path: Path) -> None:
    async with open_desk(tmp_path, no_input_s=0.05) as desk:
        await desk.greeted()
        before = len(desk.worker.told(sip.Play))
        await desk.worker.until(partial(_has_said_more, desk, before))


async def test_a_long_story_told_over_a_prompt_is_not_taken_for_silence(tmp_path: Path) -> None:
    async with open_desk(tmp_path, no_input_s=0.05) as desk:
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("请直接说您要办什么")
        said = len(desk.worker.told(sip.Play))
        desk.session._inbox.put_nowait(Heard(0, SpeechSustained(1.0)))
        await desk.worker.until(lambda: bool(desk.worker.told(sip.StopPlay)))
        # Many times the no-input time: the caller is still speaking.
        await asyncio.sleep(0.4)
        assert len(desk.worker.told(sip.Play)) == said


async def test_words_over_the_notice_do_not_cost_the_question(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.worker.playing("本次通话将被录音")
        desk.session._inbox.put_nowait(Heard(0, SpeechSustained(1.0)))
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        desk.session._inbox.put_nowait(Heard(0, TurnEnded(0.5, 1.0, 1.5, Result("喂"))))
        await desk.heard_out("本次通话将被录音")
        await desk.heard_out("请直接说您要办什么")
        said = desk.worker.told(sip.Play)
        assert "没有听到" not in said[-1].files[0]


async def test_an_answer_is_read_by_what_was_asked_and_written_down_as_heard(
    tmp_path: Path,
) -> None:
    question = (do.Play((do.Text("您同意吗"),)), do.Listen(expect=("同意", "不同意")))
    talk = ScriptedTalk((NOTICE, do.Record(), *question), asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("您同意吗")
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        desk.session._inbox.put_nowait(Heard(0, TurnEnded(0.5, 1.0, 1.5, Result("同一"))))
        await desk.worker.playing("谢谢")
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    (heard,) = talk.heard(ev.Utterance)
    assert (heard.text, heard.alternatives) == ("同意", ("同一",))
    assert stored is not None
    assert [line.text for line in stored[1] if line.speaker == "caller"] == ["同一"]


async def test_an_emergency_said_over_the_notice_is_filed_though_the_caller_hangs_up(
    tmp_path: Path,
) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.worker.playing("本次通话将被录音")
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        desk.session._inbox.put_nowait(
            Heard(0, TurnEnded(0.1, 1.0, 1.5, Result("我家着火了快来人")))
        )
        await desk.hang_up()
    (row,) = await desk.store.outbox.due(datetime.now().astimezone())
    assert row.message.draft.emergency_kind == "em.fire"


async def test_a_session_that_is_cancelled_files_what_was_taken_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        desk.task.cancel()
        desk.worker.die()
        await asyncio.wait([desk.task])
    (row,) = await desk.store.outbox.due(datetime.now().astimezone())
    assert not row.message.draft.complete


async def test_a_screen_that_fails_in_any_way_holds_up_no_transfer(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()

        async def broken(_: Handoff) -> None:
            raise RuntimeError("a bug in an adapter")

        desk.platform.handoff = broken  # type: ignore[method-assign]
        desk.keys("0")
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Dial)))


async def test_a_turn_that_was_lost_leaves_no_long_silence(tmp_path: Path) -> None:
    async with open_desk(tmp_path, no_input_s=0.05) as desk:
        await desk.greeted()
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        desk.session._inbox.put_nowait(Heard(0, SpeechSustained(1.0)))
        desk.session._inbox.put_nowait(Heard(0, TurnEnded(0.5, 1.0, 1.5, Result(""), lost=True)))
        before = len(desk.worker.told(sip.Play))
        await desk.worker.until(partial(_has_said_more, desk, before))


async def test_the_notice_comes_before_everything_else_in_the_transcript(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:2])
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert "本次通话将被录音" in stored[1][0].text


async def test_a_fault_of_ours_does_not_lose_what_was_taken_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        desk.services.live.subscribe(lambda event: None)

        def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        desk.session.conversation._carry_out = broken  # type: ignore[method-assign, assignment]
        desk.keys("1")
        await desk.task
    assert desk.worker.told(sip.HangUpLeg)
    (row,) = await desk.store.outbox.due(datetime.now().astimezone())
    assert not row.message.draft.complete
