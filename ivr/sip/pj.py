"""The one module that touches PJSUA2: an endpoint, call legs and Python audio ports.

All methods are called from the one thread that also calls :meth:`Stack.poll`; only the two
hooks of a :class:`FramePort` run in PJSIP's media thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

import pjsua2 as pj

from ivr.sip.media import FRAME_BYTES, FRAME_MS, RATE
from ivr.sip.processes import MAX_LEGS, Registration, StackSettings, host_of

CODECS = {"PCMA": "PCMA/8000/1", "PCMU": "PCMU/8000/1", "G722": "G722/16000/1"}
# PJMEDIA_STREAM_DTMF_IS_UPDATE, which the Python binding leaves out.
_KEY_STILL_DOWN = 1
# PJ_ETOOMANY, which it leaves out, too.
_TOO_MANY = 70010
# 183 comes with sound; these come without.
_RINGING = (180, 181, 182)
PRIORITIES = (250, 240, 230)

SipState = Literal["ringing", "early", "up", "ended"]
MediaState = Literal["active", "held", "none"]


class SipError(Exception):
    """PJSIP refused to do something; the message is its own."""


class NoPlace(SipError):
    """All legs that PJSIP has are taken: an ended one may not be quite gone yet."""


class PortInUse(SipError):
    """The SIP port is taken by another program."""


class LegWatcher(Protocol):
    """Told what happens to a leg."""

    def leg_state(self, leg: Leg, state: SipState, code: int, reason: str) -> None:
        """The leg's SIP state changed."""

    def leg_media(self, leg: Leg, state: MediaState) -> None:
        """The leg's audio was (re)negotiated; its port is connected again."""

    def leg_key(self, leg: Leg, key: str, method: str, begins: bool) -> None:
        """A key signal; ``begins`` is false for later packets of the same press."""


class FramePort(pj.AudioMediaPort):  # type: ignore[misc]
    """A duplex 8 kHz, 20 ms audio port in Python.

    ``heard`` is given every frame of the media clock, None when there is nothing to hear;
    ``wanted`` returns the next frame to send, or None. Both run in the media thread.
    Never destroyed: PJSIP would call into freed memory.
    """

    def __init__(
        self,
        name: str,
        heard: Callable[[bytes | None], None],
        wanted: Callable[[], bytes | None],
    ) -> None:
        super().__init__()
        self._heard = heard
        self._wanted = wanted
        self._out = pj.ByteVector(FRAME_BYTES)
        self._out_at = _span(self._out)[0]
        form = pj.MediaFormatAudio()
        form.type = pj.PJMEDIA_TYPE_AUDIO
        form.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, FRAME_MS * 1000, 16)
        self.createPort(name, form)

    def onFrameReceived(self, frame: Any) -> None:
        if frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO and frame.size:
            begin, end = _span(frame.buf)
            self._heard(ctypes.string_at(begin, end - begin))
        else:
            self._heard(None)

    def onFrameRequested(self, frame: Any) -> None:
        pcm = self._wanted()
        if pcm is None:
            frame.type = pj.PJMEDIA_FRAME_TYPE_NONE
            return
        ctypes.memmove(self._out_at, pcm, FRAME_BYTES)
        frame.buf = self._out
        frame.size = FRAME_BYTES
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO


def _span(vector: Any) -> tuple[int, int]:
    # The first two words of a std::vector<unsigned char> are its begin and end. Copying the
    # bytes out one by one through SWIG takes a hundred times as long.
    begin, end = struct.unpack("QQ", ctypes.string_at(int(vector.this), 16))
    return begin, end


class Leg(pj.Call):  # type: ignore[misc]
    """One call leg and the port that it talks and listens to (none if it is to be refused)."""

    def __init__(
        self,
        stack: Stack,
        watcher: LegWatcher,
        port: FramePort | None,
        sip_id: int | None = None,
    ) -> None:
        super().__init__(stack.account, pj.PJSUA_INVALID_ID if sip_id is None else sip_id)
        self._stack = stack
        self._watcher = watcher
        self._port: FramePort | None = port
        self._hearers: set[Leg] = set()
        self._heard: set[Leg] = set()
        self._dialled = sip_id is None
        self.media: MediaState = "none"
        self.over = False

    # --- doing ---------------------------------------------------------------------------

    def ring(self) -> None:
        """Send 180."""
        self._answer(180)

    def accept(self) -> None:
        """Send 200."""
        self._answer(200)

    def refuse(self, code: int, headers: Mapping[str, str] | None = None) -> None:
        """Send a final error."""
        self._answer(code, headers)

    def _answer(self, code: int, headers: Mapping[str, str] | None = None) -> None:
        param = pj.CallOpParam()
        param.statusCode = code
        _add_headers(param, headers)
        _guard(lambda: self.answer(param))

    def dial(self, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Send an INVITE. Raises :class:`NoPlace`, or :class:`SipError` for an address that makes
        no sense."""
        param = pj.CallOpParam(True)
        _add_headers(param, headers)
        _guard(lambda: self.makeCall(uri, param))

    def hang_up(self, code: int = 0) -> None:
        """End the leg with BYE, CANCEL or a refusal, whichever fits; no error if it is over."""
        param = pj.CallOpParam()
        param.statusCode = code
        if not self.over:
            try:
                self.hangup(param)
            except pj.Error:
                return

    def press(self, key: str, method: str) -> None:
        """Send a key by ``rfc4733`` or ``info``."""
        if method == "rfc4733":
            _guard(lambda: self.dialDtmf(key))
            return
        param = pj.CallSendDtmfParam()
        param.digits = key
        param.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
        _guard(lambda: self.sendDtmf(param))

    def hold(self) -> None:
        """Put the other side on hold by re-INVITE."""
        _guard(lambda: self.setHold(pj.CallOpParam(True)))

    def resume(self) -> None:
        """Take the other side off hold."""
        param = pj.CallOpParam(True)
        param.opt.flag = pj.PJSUA_CALL_UNHOLD
        _guard(lambda: self.reinvite(param))

    def let_hear(self, other: Leg) -> None:
        """Let ``other`` hear this leg, now and after every renegotiation of either."""
        self._hearers.add(other)
        other._heard.add(self)
        self._wire(other, True)

    def keep_from(self, other: Leg) -> None:
        """Undo :meth:`let_hear`."""
        if other in self._hearers:
            self._hearers.discard(other)
            other._heard.discard(self)
            self._wire(other, False)

    def detach(self) -> None:
        """Take the leg off its port and all other legs: it is being ended."""
        port, self._port = self._port, None
        audio = self._audio()
        if audio is not None and port is not None:
            try:
                audio.stopTransmit(port)
                port.stopTransmit(audio)
            except pj.Error:
                pass
        for other in tuple(self._hearers):
            self.keep_from(other)
        for other in tuple(self._heard):
            other.keep_from(self)

    def release(self) -> None:
        """Forget the other legs, for good.

        The object itself stays: PJSUA2's destructor hangs up whoever has its number by then,
        and this may be the next call already.
        """
        self.__disown__()
        for other in self._hearers:
            other._heard.discard(self)
        for other in self._heard:
            other._hearers.discard(self)
        self._hearers.clear()
        self._heard.clear()

    # --- knowing -------------------------------------------------------------------------

    def codec(self) -> str:
        """Name of the codec in use, "" if none yet."""
        try:
            return str(self.getStreamInfo(0).codecName)
        except pj.Error:
            return ""

    def signs_of_life(self) -> tuple[int, int]:
        """RTP packets and RTCP reports received: both stand still when the peer is gone."""
        try:
            stat = self.getStreamStat(0)
        except pj.Error:
            return (0, 0)
        return (int(stat.rtcp.rxStat.pkt), int(stat.rtcp.txStat.updateCount))

    # --- being told ----------------------------------------------------------------------

    def onCallState(self, prm: Any) -> None:
        info = self.getInfo()
        code, reason = int(info.lastStatusCode), str(info.lastReason)
        if info.state == pj.PJSIP_INV_STATE_EARLY and self._dialled:
            self._watcher.leg_state(self, "ringing" if code in _RINGING else "early", code, reason)
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            self._watcher.leg_state(self, "up", code, reason)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            self._stack.bury(self)
            self._watcher.leg_state(self, "ended", code, reason)

    def onCallMediaState(self, prm: Any) -> None:
        state: MediaState = "none"
        # The list lives inside the info: that must be kept while the list is read.
        info = self.getInfo()
        for media in info.media:
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            if media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                state = "active"
            elif media.status in (
                pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
                pj.PJSUA_CALL_MEDIA_LOCAL_HOLD,
            ):
                state = "held"
            break
        self.media = state
        audio = self._audio()
        if audio is not None and self._port is not None:
            audio.startTransmit(self._port)
            self._port.startTransmit(audio)
            for other in self._hearers:
                self._wire(other, True)
            for other in self._heard:
                other._wire(self, True)
        self._watcher.leg_media(self, state)

    def onDtmfEvent(self, prm: Any) -> None:
        method = "info" if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rfc4733"
        begins = not int(prm.flags) & _KEY_STILL_DOWN
        self._watcher.leg_key(self, str(prm.digit), method, begins)

    # --- wiring --------------------------------------------------------------------------

    def _audio(self) -> Any:
        # Fetched afresh each time: bridge slots are re-used after every renegotiation.
        try:
            return self.getAudioMedia(-1)
        except pj.Error:
            return None

    def _wire(self, other: Leg, connect: bool) -> None:
        mine, theirs = self._audio(), other._audio()
        if mine is None or theirs is None:
            return
        try:
            if connect:
                mine.startTransmit(theirs)
            else:
                mine.stopTransmit(theirs)
        except pj.Error:
            # One side's audio went away in between; its next negotiation wires it again.
            return


class _Account(pj.Account):  # type: ignore[misc]
    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self._stack = stack

    def onIncomingCall(self, prm: Any) -> None:
        self._stack.incoming(prm.callId, str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress))

    def onRegState(self, prm: Any) -> None:
        self._stack.answer_to_register(int(prm.code), str(prm.reason), int(prm.expiration))


class Stack:
    """One PJSIP endpoint with one account. One per process, never taken down again.

    ``incoming`` is called with (id, whole INVITE, source address) and must create a
    :class:`Leg` with that id; ``registered`` with (code, reason, seconds valid).
    """

    def __init__(self, settings: StackSettings) -> None:
        # A collection in a thread that PJSIP does not know aborts the process.
        gc.disable()
        self.settings = settings
        self.incoming: Callable[[int, str, str], None] = lambda sip_id, invite, source: None
        self.registered: Callable[[int, str, int], None] = lambda code, reason, valid: None
        self.registering = False
        self._graves: list[Leg] = []
        self._endpoint = pj.Endpoint()
        with _quiet():
            self._endpoint.libCreate()
        _guard(lambda: self._endpoint.libInit(_endpoint_config(settings)))
        self._udp = self._open(pj.PJSIP_TRANSPORT_UDP)
        self._tcp = self._open(pj.PJSIP_TRANSPORT_TCP) if settings.tcp else None
        self._ticking = False
        self.tick(True)
        self._endpoint.libStart()
        self.use_codecs(settings.codecs)
        self.account = _Account(self)

    def join(self, registration: Registration | None = None) -> None:
        """Begin to take part: accept calls, and register if asked to."""
        config = _account_config(self.settings, registration)
        _guard(lambda: self.account.create(config, True))

    def register(self, wanted: bool) -> None:
        """Register once more, or take the registration back."""
        self.registering = True
        try:
            self.account.setRegistration(wanted)
        except pj.Error:
            self.registering = False

    def answer_to_register(self, code: int, reason: str, valid_s: int) -> None:
        """The registrar has answered; for the account."""
        self.registering = False
        self.registered(code, reason, valid_s)

    def tick(self, on: bool) -> None:
        """Start or stop the media clock: without calls it would only cost processor time.

        PJSIP carries out changes of its bridge in the clock's thread, so leave it on for a
        moment after a call.
        """
        if on == self._ticking:
            return
        self._ticking = on
        if on:
            self._endpoint.audDevManager().setNullDev()
        else:
            self._endpoint.audDevManager().setNoDev()

    def use_codecs(self, names: tuple[str, ...]) -> None:
        """Offer and accept only these codecs from now on, the first preferred."""
        wanted = {CODECS[name]: PRIORITIES[min(i, 2)] for i, name in enumerate(names)}
        for codec in self._endpoint.codecEnum2():
            self._endpoint.codecSetPriority(codec.codecId, wanted.get(codec.codecId, 0))

    def poll(self, milliseconds: int) -> None:
        """Handle SIP for at most so long; also the only time when ended legs are let go."""
        self._endpoint.libHandleEvents(milliseconds)
        if self._graves:
            for leg in self._graves:
                leg.release()
            self._graves.clear()

    def bury(self, leg: Leg) -> None:
        """Keep an ended leg until the callback that told its end has returned."""
        self._graves.append(leg)

    def collect(self) -> None:
        """Collect garbage, here and only here."""
        gc.collect()

    def _open(self, kind: int) -> int:
        config = pj.TransportConfig()
        config.port = self.settings.port
        config.boundAddress = self.settings.host
        try:
            return int(self._endpoint.transportCreate(kind, config))
        except pj.Error as error:
            raise PortInUse(f"{self.settings.host}:{self.settings.port}: {error.reason}") from None


def _endpoint_config(settings: StackSettings) -> Any:
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


def _account_config(settings: StackSettings, registration: Registration | None) -> Any:
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


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # PJLIB prints to standard output until its log level can be set.
    kept, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(null)


def _add_headers(param: Any, headers: Mapping[str, str] | None) -> None:
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName = name
        header.hValue = value
        param.txOption.headers.append(header)


def _guard(action: Callable[[], object]) -> None:
    try:
        action()
    except pj.Error as error:
        kind = NoPlace if error.status == _TOO_MANY else SipError
        raise kind(str(error.reason)) from None
