"""What a call needs from the node around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from adapters.ports import CityServices, Platform, Sms, Store
from adapters.state.port import SharedState
from asr.engine import Decoder
from asr.settings import ListenSettings
from flows.commands import AnyCommand, AnySpeech
from flows.events import AnyEvent
from flows.ticket import TicketDraft
from ivr.call.codes import Counter
from ivr.call.settings import CallSettings
from ivr.live import LiveBus
from ivr.queue.call_backs import Queueing
from ivr.sip.messages import FromWorker, Incoming, ToWorker
from ivr.talk.targets import Targets


class WorkerLine(Protocol):
    """The worker that holds this caller (:class:`ivr.sip.pool.WorkerCall`)."""

    @property
    def incoming(self) -> Incoming:
        """The INVITE that began the call."""

    def send(self, message: ToWorker) -> None:
        """Tell the worker something; never blocks."""

    def __aiter__(self) -> AsyncIterator[FromWorker]:
        """What the worker tells, until the call is over."""


class Talk(Protocol):
    """The dialogue of one call (:class:`flows.dialogue.Dialogue`)."""

    @property
    def draft(self) -> TicketDraft | None:
        """What has been taken down so far, None if nothing worth keeping."""

    def handle(self, event: AnyEvent) -> tuple[AnyCommand, ...]:
        """What to do now that ``event`` has happened."""


class Spoken(Protocol):
    """One WAV file that says a whole ``Play``."""

    @property
    def path(self) -> Path:
        """8 kHz mono WAV."""

    @property
    def text(self) -> str:
        """What it says, for the transcript."""

    @property
    def unsaid(self) -> tuple[str, ...]:
        """Words that could not be spoken."""


class Voice(Protocol):
    """Turns speech pieces into sound (:class:`ivr.speech.compose.Speaker`)."""

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        """The audio of ``pieces`` as one file; ``pace`` below 1 is slower."""


def local_now() -> datetime:
    """The wall clock with its time zone."""
    return datetime.now().astimezone()


@dataclass(frozen=True)
class Services:
    """The node's parts that every call shares.

    ``service_name`` gives the name of a service by its number. ``targets`` are those who may be
    rung from a call, ``music`` is what somebody on hold hears; people's orders for a call come
    through ``state``. ``always_heard`` are the words that no list of expected answers may hide:
    those of emergencies, and for a person. Without ``queueing`` operators are reached at
    ``settings.operator`` alone.
    """

    node: str
    settings: CallSettings
    data_dir: Path
    new_talk: Callable[[], Talk]
    decoder: Decoder
    listening: ListenSettings
    voice: Voice
    store: Store
    platform: Platform
    city: CityServices
    sms: Sms
    counter: Counter
    service_name: Callable[[str], str]
    ticket_filed: Callable[[], None]
    ringback: Path
    live: LiveBus = field(default_factory=LiveBus)
    now: Callable[[], datetime] = local_now
    state: SharedState | None = None
    music: Path | None = None
    targets: Targets = field(default_factory=Targets)
    queueing: Queueing | None = None
    always_heard: tuple[str, ...] = ()
