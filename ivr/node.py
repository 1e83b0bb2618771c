"""The node: one event loop with every call's dialogue, delivery, and all that they need."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from adapters.delivery import DeliveryWorker
from adapters.http_notices import HttpNotices
from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.http_sms import HttpSms
from adapters.leader_platform import HttpLeaderPlatform
from adapters.notice_worker import NoticeWorker
from adapters.report_worker import ReportWorker
from adapters.ring_back import RingBack
from adapters.sql.store import SqlStore
from adapters.state import shared_state
from asr.decoder.process import DecoderProcess
from asr.engine import AsrError
from asr.leisure import LeisurelyTranscriber
from flows.alarm import Alarm
from flows.dialogue import Dialogue, FlowData
from flows.emergency import EmergencyFile, alarm_of
from ivr.aftercall.following_up import FollowingUp
from ivr.aftercall.missed import MissedCalls
from ivr.aftercall.returning import Returning
from ivr.call.services import Services, local_now
from ivr.call.session import CallSession
from ivr.config import Config
from ivr.derived import notice_settings, sip_settings, sms_settings
from ivr.dialling.dialler import Dialler
from ivr.emergency.ring_backs import RingBacks
from ivr.emergency.ringing import RingResult, ring
from ivr.fanout import Fanout
from ivr.flowsource import FlowSource
from ivr.http import HttpServer
from ivr.leader.phone.book import CallNotes
from ivr.leader.phone.service import LeaderPhones
from ivr.leader.rules import load as load_rules
from ivr.live import CallOver, LiveBus, LiveEvent
from ivr.pages import console
from ivr.queue.call_backs import CallBackEnd, CallBacks, Kept, Queueing
from ivr.queue.calling_back import call_back
from ivr.queue.queue import OperatorQueue
from ivr.queue.seats import Seats
from ivr.queue.spot import Spot
from ivr.queue.talks import SeatsInCalls
from ivr.recovery import recover
from ivr.second_pass import SecondPassWorker
from ivr.sip.line import PhoneLine
from ivr.sip.messages import Incoming
from ivr.sip.pool import OnCall, WorkerCall
from ivr.speech.compose import Speaker
from ivr.speech.prompts import PromptLibrary
from ivr.statistics import Recorder
from ivr.talk.targets import Targets
from ivr.usage import Usage

log = logging.getLogger(__name__)

RINGBACK = "tone.ringback"
MUSIC = "music.hold"


class StartupError(Exception):
    """The line cannot open; the message says why, one problem a line."""


class Node:
    """Everything of one machine. ``async with Node(config)`` opens the line and closes it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.live = LiveBus()
        self.decoder = DecoderProcess(config.asr, config.data_dir)
        self.store = SqlStore(
            config.database_url,
            ticket_prefix=config.store.ticket_prefix,
            busy_timeout_s=config.store.busy_timeout_s,
            alarms=self._alarm,
        )
        self.platform = HttpPlatform(config.platform)
        self.city = HttpServices(config.platform)
        self.sms = HttpSms(sms_settings(config))
        self.state = shared_state(config.state)
        self.queue = OperatorQueue(self.state, config.node_name, config.queue)
        self.seats = Seats(
            self.state,
            config.node_name,
            renew_s=config.queue.renew_s,
            expire_s=config.queue.expire_s,
            changed=self.queue.wake,
            skills=config.queue.skills,
        )
        self.call_backs = CallBacks(self._call_back)
        self.cards: dict[str, bytes] = {}
        self.flows = FlowSource(config.flows_path, poll_s=config.flows_poll_s)
        self.usage = Usage(self.store)
        self.delivery = DeliveryWorker(
            self.store, self.platform, config.delivery, owner=config.node_name
        )
        self.notices = HttpNotices(notice_settings(config))
        self.notifying = NoticeWorker(
            self.store, self.notices, notice_settings(config), owner=config.node_name
        )
        self.dialler = Dialler(
            self.store,
            config.dialling,
            originate=self._originate,
            uri=config.call.uri,
            node=config.node_name,
        )
        rules_dir = config.leader.rules_dir
        self.leader_data = load_rules(Path(rules_dir) if rules_dir else None)
        self.leader_phones = LeaderPhones(
            self.store,
            self.store,
            self.state,
            self.dialler,
            CallNotes(self.store, self.store, self.leader_data.rules.promise_words, local_now),
            services=self._present_services,
            originate=self._originate,
            seat_uri=config.sip.seat_uri,
            node=config.node_name,
            most=self.leader_data.rules.call.most_attempts,
        )
        self.ring_backs = RingBacks(
            self.store, self._ring_back, config.ring_back, owner=config.node_name
        )
        self.reported = HttpLeaderPlatform(config.platform)
        self.reporting = ReportWorker(
            self.store, self.reported, config.delivery, owner=config.node_name
        )
        self.counting = Recorder(self.live, self.store, config.node_name)
        self.missed = MissedCalls(self.store, config.missed, node=config.node_name)
        self.returning = Returning(
            self.store,
            self.dialler,
            config.missed,
            services=self._present_services,
            owner=config.node_name,
            lines_free=self._lines_free,
        )
        self.following_up = FollowingUp(
            self.store,
            self.dialler,
            config.follow_up,
            services=self._present_services,
            owner=config.node_name,
            lines_free=self._lines_free,
            ended=self.reporting.wake,
        )
        self._emergencies: EmergencyFile | None = None
        self.second_pass = SecondPassWorker(
            self.store,
            LeisurelyTranscriber(
                Path(config.second_pass.model) if config.second_pass.model else self.decoder.model,
                config.asr.listen,
                config.asr.alternatives,
            ),
            config.second_pass,
            node=config.node_name,
            data_dir=config.data_dir,
            active_calls=lambda: self.active_calls,
            updated=self.delivery.wake,
        )
        self._stack = AsyncExitStack()
        self._line: PhoneLine | None = None
        self._services: Services | None = None

    async def __aenter__(self) -> Node:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    @property
    def line(self) -> PhoneLine:
        """The telephone line; only while it is open."""
        assert self._line is not None
        return self._line

    @property
    def open_line(self) -> PhoneLine | None:
        """The telephone line, None while it is not open."""
        return self._line

    def deliver(self) -> None:
        """Look at once for what can be delivered."""
        self._ticket_filed()

    @property
    def active_calls(self) -> int:
        """Calls going on."""
        return self._line.pool.active if self._line is not None else 0

    async def drain(self, timeout_s: float | None = None) -> None:
        """Take no new call and wait for those going on; then deliver what is left."""
        await self.line.drain(timeout_s)
        self.delivery.wake()

    async def _open(self) -> None:
        config = self.config
        config.data_dir.mkdir(parents=True, exist_ok=True)
        flow_data = await self.flows.open()
        self._emergencies = flow_data.knowledge.documents.emergencies.value
        library = self._library(flow_data)
        voice = Speaker.open(config.speech, library, config.data_dir / "cache")
        # What a start that is cut short has begun is ended, too.
        self._stack.push_async_callback(voice.close)
        await voice.start()
        self._stack.push_async_callback(self.store.close)
        await self.store.start()
        outsides = (self.platform, self.city, self.sms, self.notices, self.reported, self.state)
        for outside in outsides:
            self._stack.push_async_callback(outside.close)
        await self.state.start()
        await self._stack.enter_async_context(Fanout(self.live, self.state, config.node_name))
        await self._stack.enter_async_context(self.queue)
        await self._stack.enter_async_context(self.seats)
        await self._stack.enter_async_context(SeatsInCalls(self.live, self.queue, self.cards))
        self._stack.push_async_callback(self.call_backs.close)
        cut_off = await self.store.unfinished_calls(config.node_name)
        await recover(self.store, config)
        await self.missed.cut_off(cut_off)
        await self._stack.enter_async_context(self.counting)
        await self.dialler.start()
        self._stack.push_async_callback(self.dialler.stop)
        await self.leader_phones.start()
        self._stack.push_async_callback(self.leader_phones.close)
        self.delivery.start()
        self._stack.push_async_callback(self.delivery.stop)
        self.reporting.start()
        self._stack.push_async_callback(self.reporting.stop)
        self.notifying.start()
        self._stack.push_async_callback(self.notifying.stop)
        self._stack.push_async_callback(self.decoder.close)
        await self._start_decoder()
        if config.http.port:
            await self._stack.enter_async_context(HttpServer(config, self))
        if config.console.port:
            await self._stack.enter_async_context(console(self))
        self._services = self._services_for(flow_data, voice, library)
        self.flows.use = self._use
        self.flows.watch()
        self._stack.push_async_callback(self.flows.close)
        self.usage.follow()
        self._stack.push_async_callback(self.usage.close)

        async def on_call(worker: WorkerCall) -> None:
            assert self._services is not None
            await CallSession(worker, self._services).run()

        settings = sip_settings(config, library)
        self._stack.push_async_callback(self.missed.close)
        self._stack.callback(self.live.subscribe(self.missed.hear))
        self._line = await self._stack.enter_async_context(PhoneLine(settings, on_call))
        self._stack.push_async_callback(self.second_pass.stop)
        self._stack.callback(self.live.subscribe(self._call_over))
        self.second_pass.start()
        self.ring_backs.start()
        self._stack.push_async_callback(self.ring_backs.stop)
        self._line.pool.turned_away = self._turned_away
        for owed, on in (
            (self.returning, config.missed.on),
            (self.following_up, config.follow_up.on),
        ):
            if on:
                owed.start()
                self._stack.push_async_callback(owed.stop)
        log.info("the line is open: %s", settings.uri, extra={"action": "open"})

    def _turned_away(self, incoming: Incoming) -> None:
        self.counting.turned_away()
        self.missed.turned_away(incoming)

    def _call_over(self, event: LiveEvent) -> None:
        if isinstance(event, CallOver):
            self.second_pass.wake()

    def _library(self, flow_data: FlowData) -> PromptLibrary:
        library = PromptLibrary(flow_data.prompts, self._overrides)
        problems = library.check()
        for problem in problems:
            log.error("%s", problem.message, extra={"action": "prompts"})
        fatal = [problem.message for problem in problems if problem.fatal]
        if fatal:
            raise StartupError("\n".join(fatal))
        return library

    @property
    def _overrides(self) -> list[Path]:
        return [self.config.speech.prompts_dir] if self.config.speech.prompts_dir else []

    async def _start_decoder(self) -> None:
        try:
            await self.decoder.start()
        except AsrError as error:
            # A line without ears still serves by keys and people; say so loudly.
            log.error("no recognition: %s", error, extra={"action": "decoder"})

    def _services_for(
        self, flow_data: FlowData, voice: Speaker, library: PromptLibrary
    ) -> Services:
        ringback = library.recording(RINGBACK).path
        assert ringback is not None
        return Services(
            node=self.config.node_name,
            settings=self.config.call,
            data_dir=self.config.data_dir,
            new_talk=self._talks(flow_data),
            decoder=self.decoder,
            listening=self.config.asr.listen,
            voice=voice,
            store=self.store,
            platform=self.platform,
            city=self.city,
            sms=self.sms,
            counter=self.state,
            service_name=_service_names(flow_data),
            ticket_filed=self._ticket_filed,
            ringback=ringback,
            live=self.live,
            state=self.state,
            music=library.recording(MUSIC).path,
            targets=self._targets(flow_data),
            queueing=Queueing(self.queue, self.call_backs, self.cards),
            always_heard=_always_heard(flow_data),
        )

    def _targets(self, flow_data: FlowData) -> Targets:
        call, known = self.config.call, flow_data.knowledge
        seat_uri = self.config.sip.seat_uri
        return Targets(call.targets, call.gateway, seat_uri, known.transfers, known.hotlines)

    def _talks(self, flow_data: FlowData) -> Callable[[], Dialogue]:
        return lambda: Dialogue(flow_data, self.config.dialogue, self.usage.counts)

    def _use(self, flow_data: FlowData) -> None:
        """Calls from now on follow ``flow_data``; those going on keep what they began with."""
        self._emergencies = flow_data.knowledge.documents.emergencies.value
        old = self._services
        assert old is not None and isinstance(old.voice, Speaker)
        library = PromptLibrary(flow_data.prompts, self._overrides)
        for problem in library.check():
            log.warning("%s", problem.message, extra={"action": "prompts"})
        self._services = replace(
            old,
            new_talk=self._talks(flow_data),
            targets=self._targets(flow_data),
            voice=old.voice.with_library(library),
            service_name=_service_names(flow_data),
        )

    def _present_services(self) -> Services:
        assert self._services is not None
        return self._services

    def _alarm(self, kind: str) -> Alarm | None:
        """Who is told of a kind of emergency, by the data in force."""
        data = self._emergencies
        found = next((one for one in data.kinds if one.id == kind), None) if data else None
        return alarm_of(data, found) if data is not None and found is not None else None

    def _ticket_filed(self) -> None:
        self.delivery.wake()
        self.notifying.wake()
        self.ring_backs.wake()
        self.reporting.wake()

    async def _ring_back(self, task: RingBack) -> RingResult:
        """Ring who reported an emergency and talk to them, until they are gone again."""
        assert self._services is not None
        return await ring(task, self.dialler, self._services, self.config.ring_back.ring_s)

    async def _call_back(self, kept: Kept, spot: Spot) -> tuple[CallBackEnd, float]:
        """Ring who kept a place in the queue and put them through to the seat reserved."""
        assert self._services is not None
        return await call_back(kept, spot, self.dialler, self._services)

    def _lines_free(self) -> int:
        return self._line.pool.free if self._line is not None else 0

    def _originate(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        lasting: bool = False,
    ) -> WorkerCall | None:
        if self._line is None:
            return None
        return self._line.pool.originate(
            uri, number, on_call, timeout_s=timeout_s, headers=headers, lasting=lasting
        )


def _always_heard(flow_data: FlowData) -> tuple[str, ...]:
    emergencies = flow_data.emergency_words.values()
    return ("人工", "转人工", *(word for words in emergencies for word in words))


def _service_names(flow_data: FlowData) -> Callable[[str], str]:
    catalogue = flow_data.knowledge.catalogue

    def name(code: str) -> str:
        service = catalogue.service(code)
        return service.name if service is not None else code

    return name
