"""What a session's page is told of the recording while the notice plays and after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from adapters.memory import MemoryStore
from adapters.memory_platform import MemoryPlatform
from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.state.memory import MemoryState
from asr.scripted import ScriptedDecoder
from asr.settings import ListenSettings
from flows.commands import AnySpeech, Say
from flows.dialogue import Dialogue
from ivr.call.services import Services
from ivr.call.settings import CallSettings
from ivr.leader.phone import orders as do
from ivr.leader.phone.citizen import CitizenCall
from ivr.leader.phone.line import SeatLine
from ivr.sip import messages as sip
from ivr.speech.errors import SpeechError
from tests.flowdata import flow_data
from tests.ivr.call.desk import PaperVoice, PaperWorker, Spoken
from tests.until import until

CITIZEN = 1


class Voiceless(PaperVoice):
    """A voice that has lost the notice."""

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        if pieces == (Say("leader.notice"),):
            raise SpeechError("no notice")
        return await super().compose(pieces, pace)


class Session:
    """A leader's seat that is connected, and the citizen that it calls."""

    def __init__(self, worker: PaperWorker, state: MemoryState, store: MemoryStore) -> None:
        self.worker = worker
        self.state = state
        self.store = store
        self.calls: list[CitizenCall] = []

    async def order(self, order: do.Order) -> None:
        await self.state.append(do.orders("s1"), msgspec.json.encode(order), 600)

    async def reaches(self, phase: do.Phase) -> do.Telephone:
        """What the page is told as the telephone is in ``phase``."""

        told: list[do.Telephone] = []

        async def there() -> bool:
            past = await self.state.history(do.states("s1"))
            told[:] = [msgspec.json.decode(one.payload, type=do.Telephone) for one in past[-1:]]
            return [one.phase for one in told] == [phase]

        await until(there, what=f"the phase {phase}")
        return told[0]

    async def answered(self) -> None:
        """The citizen is rung, and answers."""
        before = len(self.worker.told(sip.Dial))
        await self.order(do.Dial("zhou", 7))
        await self.worker.until(lambda: len(self.worker.told(sip.Dial)) > before)
        assert not (await self.reaches("dialling")).unrecorded
        leg = self.worker.told(sip.Dial)[-1].leg
        self.worker.tell(sip.LegChanged(leg, "up", 200))

    def heard_out(self) -> None:
        """Everybody has heard everything to its end."""
        for play in self.worker.told(sip.Play):
            self.worker.tell(sip.Played(play.id, 1000, True))


@asynccontextmanager
async def session(tmp_path: Path, voice: PaperVoice) -> AsyncIterator[Session]:
    decoder, worker, state = ScriptedDecoder(), PaperWorker(), MemoryState()
    here = Session(worker, state, MemoryStore())
    await decoder.start()
    services = Services(
        node="test",
        settings=CallSettings(),
        data_dir=tmp_path,
        new_talk=lambda: Dialogue(flow_data()),
        decoder=decoder,
        listening=ListenSettings(),
        voice=voice,
        store=here.store,
        platform=MemoryPlatform(),
        city=MemoryServices(),
        sms=MemorySms(),
        counter=state,
        service_name=str,
        ticket_filed=lambda: None,
        ringback=tmp_path / "ringback.wav",
    )

    async def place(line: SeatLine, order: do.Dial) -> None:
        here.calls.append(line.call("13900000001", "sip:13900000001@gw", 30.0))
        await here.calls[-1].run()

    line = SeatLine("s1", "801", worker, services, state, place, "sip:{}".format)
    running = asyncio.create_task(line.run())
    worker.tell(sip.LegChanged(0, "up", 200))
    await here.reaches("ready")
    yield here
    worker.die()
    await asyncio.wait_for(running, 60)


async def test_a_talk_ended_during_the_notice_is_not_recorded_and_the_page_is_told(
    tmp_path: Path,
) -> None:
    async with session(tmp_path, PaperVoice()) as here:
        await here.answered()
        assert not (await here.reaches("notice")).unrecorded
        await here.order(do.AskOpinion("zhou"))
        assert (await here.reaches("opinion")).unrecorded
        here.worker.tell(sip.LegChanged(CITIZEN, "ended"))
        assert (await here.reaches("ready")).unrecorded
        assert not here.worker.told(sip.StartRecording)
        # The next one is another call.
        await here.answered()


async def test_a_talk_after_the_notice_is_recorded(tmp_path: Path) -> None:
    async with session(tmp_path, PaperVoice()) as here:
        await here.answered()
        await here.reaches("notice")
        await here.worker.playing("录音")
        here.heard_out()
        assert not (await here.reaches("talking")).unrecorded
        assert here.worker.told(sip.StartRecording)
        await here.order(do.AskOpinion("zhou"))
        assert not (await here.reaches("opinion")).unrecorded
        here.worker.tell(sip.LegChanged(CITIZEN, "ended"), sip.Recorded("talk.wav", 1000))


async def test_a_talk_without_a_notice_is_not_recorded_and_the_page_is_told(
    tmp_path: Path,
) -> None:
    async with session(tmp_path, Voiceless()) as here:
        await here.answered()
        assert (await here.reaches("talking")).unrecorded
        assert not here.worker.told(sip.StartRecording)
