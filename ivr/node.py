"""The node: one event loop with every call's dialogue, delivery, and all that they need."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec

from adapters.delivery import DeliveryWorker
from adapters.http_platform import HttpPlatform
from adapters.sql.store import SqlStore
from asr.decoder.process import DecoderProcess
from asr.engine import AsrError
from flows.dialogue import Dialogue, FlowData, load_flow_data
from ivr.call.services import Services
from ivr.call.session import CallSession
from ivr.config import Config
from ivr.http import HttpServer
from ivr.live import LiveBus
from ivr.recovery import recover
from ivr.sip.line import PhoneLine
from ivr.sip.pool import WorkerCall
from ivr.sip.settings import SipSettings
from ivr.speech.compose import Speaker
from ivr.speech.prompts import PromptLibrary

log = logging.getLogger(__name__)

RINGBACK = "tone.ringback"
FALLBACK_PROMPT = "node.fallback"


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
        )
        self.platform = HttpPlatform(config.platform)
        self.delivery = DeliveryWorker(
            self.store, self.platform, config.delivery, owner=config.node_name
        )
        self._stack = AsyncExitStack()
        self._line: PhoneLine | None = None

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
        flow_data = load_flow_data(config.flows_path)
        library = self._library(flow_data)
        voice = Speaker.open(config.speech, library, config.data_dir / "cache")
        # What a start that is cut short has begun is ended, too.
        self._stack.push_async_callback(voice.close)
        await voice.start()
        self._stack.push_async_callback(self.store.close)
        await self.store.start()
        self._stack.push_async_callback(self.platform.close)
        await recover(self.store, config)
        self.delivery.start()
        self._stack.push_async_callback(self.delivery.stop)
        self._stack.push_async_callback(self.decoder.close)
        await self._start_decoder()
        if config.http.port:
            await self._stack.enter_async_context(HttpServer(config, self))
        services = self._services(flow_data, voice, library)

        async def on_call(worker: WorkerCall) -> None:
            await CallSession(worker, services).run()

        settings = sip_settings(config, library)
        self._line = await self._stack.enter_async_context(PhoneLine(settings, on_call))
        log.info("the line is open: %s", settings.uri, extra={"action": "open"})

    def _library(self, flow_data: FlowData) -> PromptLibrary:
        overrides = [self.config.speech.prompts_dir] if self.config.speech.prompts_dir else []
        library = PromptLibrary(flow_data.prompts, overrides)
        problems = library.check()
        for problem in problems:
            log.error("%s", problem.message, extra={"action": "prompts"})
        fatal = [problem.message for problem in problems if problem.fatal]
        if fatal:
            raise StartupError("\n".join(fatal))
        return library

    async def _start_decoder(self) -> None:
        try:
            await self.decoder.start()
        except AsrError as error:
            # A line without ears still serves by keys and people; say so loudly.
            log.error("no recognition: %s", error, extra={"action": "decoder"})

    def _services(self, flow_data: FlowData, voice: Speaker, library: PromptLibrary) -> Services:
        ringback = library.recording(RINGBACK).path
        assert ringback is not None
        return Services(
            node=self.config.node_name,
            settings=self.config.call,
            data_dir=self.config.data_dir,
            new_talk=lambda: Dialogue(flow_data, self.config.dialogue),
            decoder=self.decoder,
            listening=self.config.asr.listen,
            voice=voice,
            store=self.store,
            platform=self.platform,
            ticket_filed=self.delivery.wake,
            ringback=ringback,
            live=self.live,
        )


def sip_settings(config: Config, library: PromptLibrary) -> SipSettings:
    """The SIP settings with what follows from the rest of the configuration filled in."""
    prompt = library.recording(FALLBACK_PROMPT).path
    run_dir = Path(config.sip.run_dir) if config.sip.run_dir else config.data_dir / "run"
    return msgspec.structs.replace(
        config.sip,
        run_dir=str(run_dir),
        fallback_uri=config.sip.fallback_uri or config.call.operator,
        fallback_prompt=config.sip.fallback_prompt or (str(prompt) if prompt else ""),
    )
