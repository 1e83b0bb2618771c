"""What a call is given by its node, and how that follows edited flows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from flows.dialogue import Dialogue, FlowData
from ivr.call.services import Services
from ivr.config import Config
from ivr.parts import Parts
from ivr.queue.call_backs import Queueing
from ivr.speech.compose import Speaker
from ivr.speech.prompts import PromptLibrary
from ivr.talk.targets import Targets

log = logging.getLogger(__name__)

RINGBACK = "tone.ringback"
MUSIC = "music.hold"


class StartupError(Exception):
    """The line cannot open; the message says why, one problem a line."""


def library_of(flow_data: FlowData, config: Config) -> PromptLibrary:
    """The prompts of ``flow_data``. Raises :class:`StartupError` where calls need one that is
    not there."""
    library = PromptLibrary(flow_data.prompts, _overrides(config))
    problems = library.check()
    for problem in problems:
        log.error("%s", problem.message, extra={"action": "prompts"})
    fatal = [problem.message for problem in problems if problem.fatal]
    if fatal:
        raise StartupError("\n".join(fatal))
    return library


def services_for(
    parts: Parts, flow_data: FlowData, voice: Speaker, library: PromptLibrary
) -> Services:
    """What every call shares."""
    ringback = library.recording(RINGBACK).path
    assert ringback is not None
    return Services(
        node=parts.config.node_name,
        settings=parts.config.call,
        data_dir=parts.config.data_dir,
        new_talk=_talks(parts, flow_data),
        decoder=parts.decoder,
        listening=parts.config.asr.listen,
        voice=voice,
        store=parts.store,
        platform=parts.platform,
        city=parts.city,
        sms=parts.sms,
        counter=parts.state,
        service_name=_service_names(flow_data),
        ticket_filed=parts.deliver,
        ringback=ringback,
        live=parts.live,
        state=parts.state,
        music=library.recording(MUSIC).path,
        targets=targets_of(parts.config, flow_data),
        queueing=Queueing(parts.queue, parts.call_backs, parts.cards),
        always_heard=always_heard(flow_data),
    )


def renewed(services: Services, parts: Parts, flow_data: FlowData) -> Services:
    """The same for calls from now on, which follow ``flow_data``."""
    assert isinstance(services.voice, Speaker)
    library = PromptLibrary(flow_data.prompts, _overrides(parts.config))
    for problem in library.check():
        log.warning("%s", problem.message, extra={"action": "prompts"})
    return replace(
        services,
        new_talk=_talks(parts, flow_data),
        targets=targets_of(parts.config, flow_data),
        voice=services.voice.with_library(library),
        service_name=_service_names(flow_data),
        always_heard=always_heard(flow_data),
    )


def targets_of(config: Config, flow_data: FlowData) -> Targets:
    """Who may be dialled from a call."""
    call, known = config.call, flow_data.knowledge
    seat_uri = config.sip.seat_uri
    return Targets(call.targets, call.gateway, seat_uri, known.transfers, known.hotlines)


def _talks(parts: Parts, flow_data: FlowData) -> Callable[[], Dialogue]:
    return lambda: Dialogue(flow_data, parts.config.dialogue, parts.usage.counts)


def _overrides(config: Config) -> list[Path]:
    return [config.speech.prompts_dir] if config.speech.prompts_dir else []


def always_heard(flow_data: FlowData) -> tuple[str, ...]:
    """What no question's phrase list may hide: emergencies, and the wish for a person."""
    emergencies = flow_data.emergency_words.values()
    return ("人工", "转人工", *(word for words in emergencies for word in words))


def _service_names(flow_data: FlowData) -> Callable[[str], str]:
    catalogue = flow_data.knowledge.catalogue

    def name(code: str) -> str:
        service = catalogue.service(code)
        return service.name if service is not None else code

    return name
