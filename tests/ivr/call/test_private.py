"""What is private stays out of recording, transcript, live view and log."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest

from asr.engine import Result
from asr.turns import PartialText, SpeechSustained, TurnEnded
from flows import commands as do
from flows.events import Keys, Utterance
from flows.ticket import Application, FieldValue, TicketDraft
from ivr import live
from ivr.call.hearing import Heard
from ivr.recording.manifest import Span, read_manifest
from ivr.sip import messages as sip
from tests.adapters.samples import ID_NO
from tests.ivr.call.desk import INCOMING, Desk, open_desk
from tests.ivr.call.scripted import NOTICE, SECRET, ScriptedTalk, asks

START = (NOTICE, do.Record(), *asks("请按键输入身份证号", SECRET))
SPOKEN = "四五零五零二一九九零零三零七零零一八"


def masks(desk: Desk) -> list[sip.MaskRecording]:
    return desk.worker.told(sip.MaskRecording)


def everything_shown(events: list[live.LiveEvent]) -> str:
    return msgspec.json.encode(events).decode()


async def test_keyed_digits_are_asterisks_everywhere_but_to_the_dialogue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digits = ID_NO
    talk = ScriptedTalk(START, (do.Note(f"听到 {digits}"), *asks("谢谢")))
    async with open_desk(tmp_path, talk=talk) as desk:
        shown: list[live.LiveEvent] = []
        desk.services.live.subscribe(shown.append)
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("身份证号")
        assert masks(desk) == [sip.MaskRecording("caller")]
        desk.keys(digits)
        await desk.worker.playing("谢谢")
        assert masks(desk)[-1] == sip.MaskRecording("")
        assert talk.heard(Keys) == [Keys(digits)]
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert [line.text for line in stored[1] if line.by_keys] == ["****"]
    assert "听到 ****" in [line.text for line in stored[1]]
    for everything in (str(stored), everything_shown(shown), caplog.text):
        assert digits not in everything


async def test_keys_over_the_notice_are_private_already(tmp_path: Path) -> None:
    talk = ScriptedTalk(START, asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("本次通话将被录音")
        desk.worker.tell(sip.Key(0, "4", 5000))
        desk.worker.over(completed=True)
        desk.keys(ID_NO[1:])
        await desk.worker.playing("谢谢")
        assert talk.heard(Keys) == [Keys(ID_NO)]
        # The rule was in force before the key: nothing has to be silenced twice.
        assert masks(desk)[0] == sip.MaskRecording("caller")


async def test_keys_before_their_question_are_silenced_from_the_first_on(tmp_path: Path) -> None:
    first = (do.Play((do.Text("请稍候"),)), do.Listen(keys=do.KeyInput(max_digits=30)))
    talk = ScriptedTalk(first, asks("请按键输入", SECRET), asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请稍候")
        desk.worker.tell(*(sip.Key(0, key, 7000 + 100 * n) for n, key in enumerate(ID_NO[:3])))
        await desk.worker.until(lambda: desk.session.conversation._keypad.pending)
        desk.session._inbox.put_nowait(Utterance("在的"))
        await desk.worker.playing("请按键输入")
        assert masks(desk) == [sip.MaskRecording("all", 6700)]
        desk.keys(ID_NO[3:])
        await desk.worker.playing("谢谢")
        assert talk.heard(Keys) == [Keys(ID_NO)]


async def test_a_hash_behind_a_full_input_is_not_an_answer(tmp_path: Path) -> None:
    talk = ScriptedTalk(START, asks("谢谢"), asks("再见"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        desk.keys(ID_NO + "#")
        await desk.worker.playing("谢谢")
        desk.keys("5")
        await desk.worker.playing("再见")
        assert talk.heard(Keys) == [Keys(ID_NO), Keys("5")]


async def test_spoken_digits_are_asterisks_everywhere_but_to_the_dialogue(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    talk = ScriptedTalk(START, asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        shown: list[live.LiveEvent] = []
        desk.services.live.subscribe(shown.append)
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("身份证号")
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        for event in (
            SpeechSustained(1.0),
            PartialText(SPOKEN[:9]),
            TurnEnded(0.8, 5.0, 5.5, Result(SPOKEN)),
        ):
            desk.session._inbox.put_nowait(Heard(0, event))
        await desk.worker.playing("谢谢")
        assert [one.text for one in talk.heard(Utterance)] == [SPOKEN]
        sides = [mask.sides for mask in masks(desk)]
        assert sides == ["caller", "all", "all", ""]
        assert masks(desk)[2].from_ms is not None
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert [line.text for line in stored[1] if line.speaker == "caller"] == ["****"]
    for everything in (str(stored), everything_shown(shown), caplog.text):
        assert SPOKEN[:9] not in everything


async def test_last_words_that_are_private_are_asterisks_too(tmp_path: Path) -> None:
    talk = ScriptedTalk(START)
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("身份证号")
        desk.session.conversation.hearing.hear(sip.Audio(0, 0, bytes(320)))
        desk.session._inbox.put_nowait(Heard(0, TurnEnded(0.8, 5.0, 5.5, Result(SPOKEN))))
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert SPOKEN not in str(stored)


async def test_another_answer_is_neither_silent_nor_hidden(tmp_path: Path) -> None:
    talk = ScriptedTalk((NOTICE, do.Record(), *asks("请按键")), asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        desk.keys("3")
        await desk.worker.playing("谢谢")
        assert masks(desk) == []
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
    assert stored is not None
    assert [line.text for line in stored[1] if line.by_keys] == ["3"]


async def test_private_fields_of_an_application_stay_in_it(tmp_path: Path) -> None:
    fields = (FieldValue("id_no", "公民身份号码", ID_NO, private=True),)
    draft = TicketDraft("办件", application=Application("0602", "done", fields))
    talk = ScriptedTalk(
        (NOTICE, *asks("请按键")),
        (do.Note(f"填了 {ID_NO}"), do.FileTicket(draft), *asks(f"号码是{ID_NO}")),
        asks("再见"),
    )
    talk.draft = draft
    async with open_desk(tmp_path, talk=talk) as desk:
        shown: list[live.LiveEvent] = []
        desk.services.live.subscribe(shown.append)
        await desk.heard_out("本次通话将被录音")
        desk.keys("1")
        await desk.heard_out("号码是")
        desk.keys("1")
        await desk.worker.playing("再见")
        await desk.hang_up()
        stored = await desk.store.call(INCOMING.call_id)
        (number,) = await desk.store.tickets_of(INCOMING.call_id)
        ticket = await desk.store.ticket(number)
    assert stored is not None and ticket is not None
    assert ID_NO not in str(stored) and ID_NO not in everything_shown(shown)
    assert ID_NO not in str(ticket.transcript)
    assert ticket.draft.application is not None
    assert ticket.draft.application.fields[0].value == ID_NO


async def test_what_was_silenced_is_in_the_manifest(tmp_path: Path) -> None:
    talk = ScriptedTalk(START, asks("谢谢"))
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("身份证号")
        (recording,) = desk.worker.told(sip.StartRecording)
        silent_wav(Path(recording.path))
        desk.worker.tell(sip.Masked(1000, 9000), sip.Recorded(recording.path, 10))
        await desk.hang_up()
    manifest = read_manifest(Path(recording.path).with_suffix(".json"))
    assert manifest.masked == (Span(1000, 9000),)
    assert manifest.outcome == "complete"


def silent_wav(path: Path) -> None:
    """What a worker would have recorded."""
    from ivr.sip.recorder import Recorder

    recorder = Recorder(str(path))
    recorder.write(bytes(160), bytes(160))
    recorder.close()


async def test_slower_speech_reaches_the_voice(tmp_path: Path) -> None:
    slow = (do.Play((do.Text("慢一点说"),), pace=0.8), do.Listen())
    talk = ScriptedTalk(asks("请说"), slow)
    async with open_desk(tmp_path, talk=talk) as desk:
        await desk.worker.playing("请说")
        desk.keys("1")
        await desk.worker.playing("慢一点说")
        assert desk.services.voice.paces == [1.0, 0.8]  # type: ignore[attr-defined]
