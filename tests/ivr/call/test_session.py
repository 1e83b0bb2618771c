"""A call's life: what is said, heard, recorded and filed, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from adapters.memory import MemoryStore
from adapters.model import Line, Ticket
from adapters.ports import StoreError
from flows.ticket import TicketDraft
from ivr.sip import messages as sip
from tests.ivr.call.desk import INCOMING, Desk, open_desk

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
    (row,) = await desk.store.due(datetime.now().astimezone())
    assert row.ticket.draft.recognised.intent == "cmp.road"
    assert row.ticket.draft.complete


async def test_hanging_up_in_the_middle_files_what_was_taken_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        await desk.hang_up()
    (row,) = await desk.store.due(datetime.now().astimezone())
    assert not row.ticket.draft.complete
    assert row.ticket.draft.place.town == "侨港镇"


async def test_a_worker_that_dies_leaves_an_unfinished_ticket(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        desk.worker.die()
        await desk.task
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert stored[0].outcome == "interrupted"
    assert len(await desk.store.due(datetime.now().astimezone())) == 1


async def test_what_is_taken_down_survives_the_node(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        ((call, draft),) = await desk.store.unfinished_calls("test")
    assert call.call_id == INCOMING.call_id
    assert draft is not None
    assert draft.place.town == "侨港镇"


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
        await desk.worker.until(lambda: bool(desk.worker.told(sip.Bridge)))
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
    rows = await desk.store.due(datetime.now().astimezone())
    assert [row.ticket.draft.call_back for row in rows] == [True]


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


async def test_a_fault_of_ours_does_not_lose_what_was_taken_down(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        await desk.greeted()
        await key_through(desk, KEYS[:6])
        desk.services.live.subscribe(lambda event: None)

        def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        desk.session._carry_out = broken  # type: ignore[method-assign, assignment]
        desk.keys("1")
        await desk.task
    assert desk.worker.told(sip.HangUpLeg)
    (row,) = await desk.store.due(datetime.now().astimezone())
    assert not row.ticket.draft.complete
