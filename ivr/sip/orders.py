"""What the node may tell a worker to do with its legs, carried out."""

from __future__ import annotations

from ivr.sip import messages as m
from ivr.sip.call_audio import CallAudio, Send
from ivr.sip.hearing import CALLER
from ivr.sip.legs import Legs
from ivr.sip.sound import BadSound, read_all


class Orders:
    """Orders about a call; those about the worker itself are none of them."""

    def __init__(self, legs: Legs, audio: CallAudio, send: Send) -> None:
        self._legs = legs
        self._audio = audio
        self._send = send

    def carry_out(self, message: m.ToWorker) -> None:
        """Do what ``message`` says. Raises :class:`ivr.sip.pj.errors.SipError`, OSError."""
        legs = self._legs
        match message:
            case m.Originate():
                legs.originate(message)
            case _ if CALLER not in legs.lines and not (legs.lasting and legs.lines):
                # The caller left while the order was under way.
                return
            case m.Answer():
                legs.lines[CALLER].leg.accept()
            case m.Reject(code, retry_after):
                extra = {"Retry-After": str(retry_after)} if retry_after else {}
                legs.drop(CALLER, code, "rejected", extra)
            case m.StartRecording(path, left):
                legs.pump(everything=True)
                self._audio.record(path, left)
            case m.StopRecording():
                legs.pump(everything=True)
                self._audio.end_recording(self._send)
            case m.MaskRecording(sides, from_ms):
                legs.pump(everything=True)
                self._audio.mask(sides, from_ms)
            case m.Play():
                self._play(message)
            case m.StopPlay(leg):
                self._audio.stop_play(leg, self._send)
            case m.Dial():
                legs.dial(message)
            case m.SendKey(leg, key):
                if leg in legs.lines and legs.lines[leg].up:
                    legs.lines[leg].leg.press(key, "rfc4733")
            case m.Wire(source, sink, on):
                legs.wire(source, sink, on)
            case m.Bridge(a, b):
                legs.bridge(a, b)
            case m.Unbridge(a, b):
                legs.wire(a, b, False)
                legs.wire(b, a, False)
            case m.HangUpLeg(leg) if leg == CALLER:
                legs.lasting = False
                if CALLER in legs.lines:
                    legs.drop(CALLER, 0, "hung-up")
                else:
                    legs.end_call(0, "hung-up")
            case m.HangUpLeg(leg):
                legs.drop(leg, 0, "hung-up")

    def _play(self, order: m.Play) -> None:
        self._audio.stop_play(order.leg, self._send)
        if order.leg not in self._legs.lines:
            self._send(m.Played(order.id, 0, False))
            return
        try:
            pcm = read_all(order.files)
        except BadSound as error:
            self._send(m.WorkerFault(str(error)))
            self._send(m.Played(order.id, 0, False))
            return
        self._audio.play(order.leg, order.id, pcm, order.loop)
