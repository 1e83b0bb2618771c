"""A call leg: what can be done with it and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import pjsua2 as pj

from ivr.sip.pj.errors import guard
from ivr.sip.pj.port import FramePort
from ivr.sip.pj.stack import Stack

# PJMEDIA_STREAM_DTMF_IS_UPDATE, which the Python binding leaves out.
_KEY_STILL_DOWN = 1
# 183 comes with sound; these come without.
_RINGING = (180, 181, 182)

SipState = Literal["ringing", "early", "up", "ended"]
MediaState = Literal["active", "held", "none"]


class LegWatcher(Protocol):
    """Told what happens to a leg."""

    def leg_state(self, leg: Leg, state: SipState, code: int, reason: str) -> None:
        """The leg's SIP state changed."""

    def leg_media(self, leg: Leg, state: MediaState) -> None:
        """The leg's audio was (re)negotiated; its port is connected again."""

    def leg_key(self, leg: Leg, key: str, method: str, begins: bool) -> None:
        """A key signal; ``begins`` is false for later packets of the same press."""


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
        guard(lambda: self.answer(param))

    def dial(self, uri: str, headers: Mapping[str, str] | None = None) -> None:
        """Send an INVITE. Raises :class:`NoPlace`, or :class:`SipError` for an address that makes
        no sense."""
        param = pj.CallOpParam(True)
        _add_headers(param, headers)
        guard(lambda: self.makeCall(uri, param))

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
            guard(lambda: self.dialDtmf(key))
            return
        param = pj.CallSendDtmfParam()
        param.digits = key
        param.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
        guard(lambda: self.sendDtmf(param))

    def hold(self) -> None:
        """Put the other side on hold by re-INVITE."""
        guard(lambda: self.setHold(pj.CallOpParam(True)))

    def resume(self) -> None:
        """Take the other side off hold."""
        param = pj.CallOpParam(True)
        param.opt.flag = pj.PJSUA_CALL_UNHOLD
        guard(lambda: self.reinvite(param))

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


def _add_headers(param: Any, headers: Mapping[str, str] | None) -> None:
    for name, value in (headers or {}).items():
        header = pj.SipHeader()
        header.hName = name
        header.hValue = value
        param.txOption.headers.append(header)
