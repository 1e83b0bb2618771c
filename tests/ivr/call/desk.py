"""A call session with every part but the telephone, the clock of its prompts and Vosk real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from adapters.memory import MemoryStore
from adapters.memory_platform import MemoryPlatform
from adapters.memory_services import MemoryServices
from adapters.memory_sms import MemorySms
from adapters.state.memory import MemoryState
from asr.scripted import ScriptedDecoder
from asr.settings import ListenSettings
from flows.commands import AnySpeech, Digits, Say, Text
from flows.dialogue import Dialogue, DialogueConfig
from ivr.call.services import Services, Talk
from ivr.call.session import CallSession
from ivr.call.settings import CallSettings
from ivr.sip import messages as sip
from ivr.talk.targets import Targets
from tests.flowdata import flow_data

# Far more than anything here takes: a machine under load must not fail a test.
WAIT_S = 30.0

M = TypeVar("M", bound=sip.Message)

INCOMING = sip.Incoming("call-1", "13907791234", "12345", "127.0.0.1")


class Spoken(msgspec.Struct, frozen=True):
    """What the fake voice gives."""

    path: Path
    text: str
    unsaid: tuple[str, ...] = ()


class PaperVoice:
    """Says nothing, but knows what it would have said."""

    def __init__(self) -> None:
        self.paces: list[float] = []

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        self.paces.append(pace)
        said = []
        for piece in pieces:
            match piece:
                case Say(prompt):
                    said.append(flow_data().prompts[prompt])
                case Text(text) | Digits(text):
                    said.append(text)
        text = "".join(said)
        return Spoken(Path(f"/{text}.wav"), text)


class PaperWorker:
    """A worker that does what the test says; ``sent`` is all it was told.

    What it is told to stop it stops at once. With ``at_once`` prompts take no time at all.
    """

    def __init__(self) -> None:
        self.at_once = False
        self._current: sip.Play | None = None
        self.sent: list[sip.ToWorker] = []
        self._news: asyncio.Queue[sip.FromWorker | None] = asyncio.Queue()
        self._changed = asyncio.Event()

    @property
    def incoming(self) -> sip.Incoming:
        return INCOMING

    def send(self, message: sip.ToWorker) -> None:
        self.sent.append(message)
        self._changed.set()
        if isinstance(message, sip.Play):
            self._current = message
            if self.at_once and not message.loop:
                self.over(completed=True)
        elif isinstance(message, sip.StopPlay):
            self.over(completed=False)

    async def __aiter__(self) -> AsyncIterator[sip.FromWorker]:
        while (message := await self._news.get()) is not None:
            yield message

    def over(self, *, completed: bool) -> None:
        """What is being played ends."""
        play, self._current = self._current, None
        if play is not None:
            self.tell(sip.Played(play.id, 1000 if completed else 300, completed))

    def tell(self, *messages: sip.FromWorker) -> None:
        """Something happens at the worker."""
        for message in messages:
            self._news.put_nowait(message)

    def die(self) -> None:
        """The process is gone."""
        self._news.put_nowait(None)

    def told(self, kind: type[M]) -> list[M]:
        """Everything of one kind that the worker was told."""
        return [message for message in self.sent if isinstance(message, kind)]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what was sent makes ``true`` true."""
        async with asyncio.timeout(WAIT_S):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    async def playing(self, words: str) -> sip.Play:
        """Wait until a prompt with ``words`` is being played."""
        await self.until(lambda: bool(self.told(sip.Play)) and words in self._last().files[0])
        return self._last()

    def _last(self) -> sip.Play:
        return self.told(sip.Play)[-1]


@dataclass
class Desk:
    """A running session and everything around it."""

    worker: PaperWorker
    store: MemoryStore
    platform: MemoryPlatform
    decoder: ScriptedDecoder
    city: MemoryServices
    sms: MemorySms
    services: Services
    session: CallSession
    task: asyncio.Task[None]
    woken: list[None] = field(default_factory=list)

    async def heard_out(self, words: str) -> None:
        """The caller hears a prompt with ``words`` to its end."""
        await self.worker.playing(words)
        self.worker.over(completed=True)

    async def greeted(self) -> None:
        """The caller has heard the notice and the open question."""
        await self.heard_out("本次通话将被录音")
        await self.heard_out("请直接说您要办什么")

    def keys(self, keys: str) -> None:
        """The caller presses keys."""
        self.worker.tell(*(sip.Key(0, key) for key in keys))

    async def hang_up(self) -> None:
        """The caller hangs up; waits until all is stored."""
        self.worker.tell(sip.LegChanged(0, "ended"))
        self.worker.die()
        await asyncio.wait_for(self.task, WAIT_S)


@asynccontextmanager
async def open_desk(
    tmp_path: Path,
    *,
    store: MemoryStore | None = None,
    operator: str = "sip:op@127.0.0.1",
    talk: Talk | None = None,
    sms: MemorySms | None = None,
    settings: dict[str, object] | None = None,
    parts: dict[str, Any] | None = None,
    **dialogue: object,
) -> AsyncIterator[Desk]:
    """A call that has just been answered; ``talk`` takes the place of the real dialogue.

    ``parts`` replace some of the :class:`Services`.
    """
    data = flow_data()
    city, sms = MemoryServices(), sms or MemorySms()
    chosen = {"operator": operator, "targets": {"119": "sip:119@127.0.0.1"}} | (settings or {})
    worker, decoder, platform = PaperWorker(), ScriptedDecoder(), MemoryPlatform()
    store = store or MemoryStore()
    await decoder.start()
    config = msgspec.convert({"no_input_s": 60.0, "inter_digit_s": 0.02} | dialogue, DialogueConfig)
    calls = msgspec.convert(chosen, CallSettings)
    services = Services(
        node="test",
        settings=calls,
        data_dir=tmp_path,
        new_talk=lambda: talk or Dialogue(data, config),
        decoder=decoder,
        listening=ListenSettings(),
        voice=PaperVoice(),
        store=store,
        platform=platform,
        city=city,
        sms=sms,
        counter=MemoryState(),
        service_name=lambda code: f"事项{code}",
        ticket_filed=lambda: None,
        ringback=tmp_path / "ringback.wav",
        targets=Targets(calls.targets),
    )
    services = replace(services, **(parts or {}))
    session = CallSession(worker, services)
    task = asyncio.create_task(session.run())
    await worker.until(lambda: bool(worker.told(sip.Answer)))
    worker.tell(sip.LegChanged(0, "up", 200))
    desk = Desk(worker, store, platform, decoder, city, sms, services, session, task)
    try:
        yield desk
    finally:
        if not task.done():
            await desk.hang_up()
