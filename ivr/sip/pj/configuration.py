"""PJSIP's own settings, from those of this project."""

from __future__ import annotations

from typing import Any

import pjsua2 as pj

from ivr.sip.media import FRAME_MS, RATE
from ivr.sip.processes import MAX_LEGS, Registration, StackSettings, host_of

CODECS = {"PCMA": "PCMA/8000/1", "PCMU": "PCMU/8000/1", "G722": "G722/16000/1"}
PRIORITIES = (250, 240, 230)


def endpoint_config(settings: StackSettings) -> Any:
    """A ``pj.EpConfig``: one thread for SIP, one for media, narrowband, no voice detection."""
    config = pj.EpConfig()
    config.logConfig.level = settings.log_level
    config.logConfig.consoleLevel = settings.log_level
    user_agent = config.uaConfig
    user_agent.maxCalls = MAX_LEGS
    user_agent.threadCnt = 0
    user_agent.mainThreadOnly = True
    user_agent.userAgent = "hotline"
    media = config.medConfig
    media.clockRate = RATE
    media.sndClockRate = RATE
    media.audioFramePtime = FRAME_MS
    media.channelCount = 1
    media.noVad = True
    media.ecTailLen = 0
    media.quality = 3
    media.hasIoqueue = True
    media.threadCnt = 1
    media.sndAutoCloseTime = -1
    return config


def account_config(settings: StackSettings, registration: Registration | None) -> Any:
    """A ``pj.AccountConfig``: who the endpoint is, its calls' way, where its sound goes."""
    config = pj.AccountConfig()
    config.idUri = f"sip:{settings.user}@{settings.domain or settings.host}"
    if registration is not None:
        config.idUri = f"sip:{registration.user}@{host_of(registration.registrar)}"
        config.regConfig.registrarUri = registration.registrar
        config.regConfig.timeoutSec = registration.expires
        config.regConfig.retryIntervalSec = 10
        config.regConfig.firstRetryIntervalSec = 2
        config.sipConfig.contactForced = f"<{registration.contact}>"
        # The contact is where calls shall go, not where REGISTER comes from.
        config.natConfig.contactRewriteUse = 0
        config.natConfig.viaRewriteUse = False
    if settings.proxy:
        config.sipConfig.proxies.append(f"<sip:{settings.proxy};lr>")
    if settings.credentials is not None:
        realm, user, password = settings.credentials
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", realm, user, 0, password))
    audio = config.mediaConfig.transportConfig
    audio.boundAddress = settings.rtp_host
    if settings.rtp_public_host:
        audio.publicAddress = settings.rtp_public_host
    audio.port = settings.rtp_port
    audio.portRange = settings.rtp_ports
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_ALWAYS
    config.callConfig.timerSessExpiresSec = 1800
    return config
