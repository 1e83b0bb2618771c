"""The node: one event loop with every call's dialogue, delivery, and all that they need."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack

from adapters.rounds import Rounds
from asr.engine import AsrError
from flows.dialogue import FlowData
from ivr.call.session import CallSession
from ivr.config import Config
from ivr.derived import sip_settings
from ivr.equip import library_of, renewed, services_for
from ivr.fanout import Fanout
from ivr.http import HttpServer
from ivr.live import CallOver, LiveEvent
from ivr.pages import console
from ivr.parts import Parts
from ivr.queue.talks import SeatsInCalls
from ivr.recovery import recover
from ivr.second_pass import SecondPassWorker
from ivr.sip.line import PhoneLine
from ivr.sip.messages import Incoming
from ivr.sip.pool import WorkerCall
from ivr.sip.settings import SipSettings
from ivr.speech.compose import Speaker

log = logging.getLogger(__name__)


class Node(Parts):
    """Everything of one machine. ``async with Node(config)`` opens the line and closes it."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Node:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    async def drain(self, timeout_s: float | None = None) -> None:
        """Take no new call and wait for those going on; then deliver what is left."""
        await self.line.drain(timeout_s)
        self.delivery.wake()

    async def _open(self) -> None:
        self.config.data_dir.mkdir(parents=True, exist_ok=True)
        flow_data = await self.flows.open()
        self.emergencies = flow_data.knowledge.documents.emergencies.value
        library = library_of(flow_data, self.config)
        voice = Speaker.open(self.config.speech, library, self.config.data_dir / "cache")
        # What a start that is cut short has begun is ended, too.
        self._stack.push_async_callback(voice.close)
        await voice.start()
        await self._open_outsides()
        await self._take_up()
        self._stack.push_async_callback(self.decoder.close)
        await self._start_decoder()
        if self.config.http.port:
            await self._stack.enter_async_context(HttpServer(self.config, self))
        if self.config.console.port:
            await self._stack.enter_async_context(console(self))
        self.services = services_for(self, flow_data, voice, library)
        self.flows.use = self._use
        self.flows.watch()
        self._stack.push_async_callback(self.flows.close)
        self.usage.follow()
        self._stack.push_async_callback(self.usage.close)
        await self._open_line(sip_settings(self.config, library))

    async def _open_outsides(self) -> None:
        """The database, what nodes share, and the systems outside."""
        self._stack.push_async_callback(self.store.close)
        await self.store.start()
        outsides = (self.platform, self.city, self.sms, self.notices, self.reported, self.state)
        for outside in outsides:
            self._stack.push_async_callback(outside.close)
        await self.state.start()
        for shared in (
            Fanout(self.live, self.state, self.config.node_name),
            self.queue,
            self.seats,
            SeatsInCalls(self.live, self.queue, self.cards),
        ):
            await self._stack.enter_async_context(shared)
        self._stack.push_async_callback(self.call_backs.close)

    async def _take_up(self) -> None:
        """What an earlier life of this node has left, and what is to be delivered."""
        cut_off = await self.store.unfinished_calls(self.config.node_name)
        await recover(self.store, self.config)
        await self.missed.cut_off(cut_off)
        await self._stack.enter_async_context(self.counting)
        await self.dialler.start()
        self._stack.push_async_callback(self.dialler.stop)
        await self.leader_phones.start()
        self._stack.push_async_callback(self.leader_phones.close)
        for work in (self.delivery, self.reporting, self.notifying, self.leader_retention):
            self._begin(work)

    async def _open_line(self, settings: SipSettings) -> None:
        """The telephone, and what rings people or follows calls by itself."""

        async def on_call(worker: WorkerCall) -> None:
            await CallSession(worker, self.present_services()).run()

        self._stack.push_async_callback(self.missed.close)
        self._stack.callback(self.live.subscribe(self.missed.hear))
        self._line = await self._stack.enter_async_context(PhoneLine(settings, on_call))
        self._line.pool.turned_away = self._turned_away
        self._stack.callback(self.live.subscribe(self._call_over))
        self._begin(self.second_pass)
        self._begin(self.ring_backs)
        if self.config.missed.on:
            self._begin(self.returning)
        if self.config.follow_up.on:
            self._begin(self.following_up)
        log.info("the line is open: %s", settings.uri, extra={"action": "open"})

    def _begin(self, work: Rounds | SecondPassWorker) -> None:
        """Start a worker, to be stopped when the node closes."""
        self._stack.push_async_callback(work.stop)
        work.start()

    def _turned_away(self, incoming: Incoming) -> None:
        self.counting.turned_away()
        self.missed.turned_away(incoming)

    def _call_over(self, event: LiveEvent) -> None:
        if isinstance(event, CallOver):
            self.second_pass.wake()

    async def _start_decoder(self) -> None:
        try:
            await self.decoder.start()
        except AsrError as error:
            # A line without ears still serves by keys and people; say so loudly.
            log.error("no recognition: %s", error, extra={"action": "decoder"})

    def _use(self, flow_data: FlowData) -> None:
        """Calls from now on follow ``flow_data``; those going on keep what they began with."""
        self.emergencies = flow_data.knowledge.documents.emergencies.value
        self.services = renewed(self.present_services(), self, flow_data)
