"""Settings of single parts with what follows from the rest of the configuration filled in."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from adapters.settings import NoticeSettings, SmsSettings
from ivr.config import Config
from ivr.sip.settings import SipSettings
from ivr.speech.prompts import PromptLibrary

FALLBACK_PROMPT = "node.fallback"


def notice_settings(config: Config) -> NoticeSettings:
    """The units' platform; where it has no address of its own, it is the city's platform."""
    if config.notices.url:
        return config.notices
    platform = config.platform
    return replace(config.notices, url=platform.url, key_id=platform.key_id, secret=platform.secret)


def sms_settings(config: Config) -> SmsSettings:
    """The gateway's settings; where it has no address, it is the platform that sends."""
    if config.sms.url:
        return config.sms
    platform = config.platform
    return replace(config.sms, url=platform.url, key_id=platform.key_id, secret=platform.secret)


def sip_settings(config: Config, library: PromptLibrary) -> SipSettings:
    """Where the run directory is, and what workers do with callers if the node dies."""
    prompt = library.recording(FALLBACK_PROMPT).path
    run_dir = Path(config.sip.run_dir) if config.sip.run_dir else config.data_dir / "run"
    return replace(
        config.sip,
        run_dir=str(run_dir),
        fallback_uri=config.sip.fallback_uri or config.call.operator,
        fallback_prompt=config.sip.fallback_prompt or (str(prompt) if prompt else ""),
    )
