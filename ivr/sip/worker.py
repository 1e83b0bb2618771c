"""A SIP worker: holds one caller and up to three more legs, and obeys the node.

One thread owns every PJSIP object and runs the loop below; PJSIP's media thread only reaches
into :mod:`ivr.sip.media`.
"""

from __future__ import annotations

import os
import signal
import time
from typing import NoReturn

from ivr.sip import messages as m
from ivr.sip.call_audio import CallAudio
from ivr.sip.hearing import CALLER, Hearing
from ivr.sip.invite import incoming
from ivr.sip.keys import KeyFilter
from ivr.sip.link import Link, NodeGone
from ivr.sip.pj import FramePort, Leg, MediaState, NoPlace, PortInUse, SipError, SipState, Stack
from ivr.sip.processes import EXIT_PORT_IN_USE, MAX_LEGS, WorkerConfig
from ivr.sip.sound import BadSound, read_all

BUSY_POLL_MS = 10
IDLE_POLL_MS = 100
REST_AFTER_S = 1.0
# An ended leg whose peer does not even answer BYE: a new process is cheaper than waiting.
LINGER_S = 3.0


class Line:
    """A leg in use and what the worker remembers of it."""

    def __init__(self, leg: Leg, give_up_at: float) -> None:
        self.leg = leg
        self.give_up_at = give_up_at
        self.keys = KeyFilter()
        self.state: m.LegState | None = None
        self.up = False
        self.held = False
        self.life = (0, 0)
        self.life_at = 0.0


class Worker:
    """The loop and everything that it can be told to do."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._stack = Stack(config.stack)
        self._audio = CallAudio()
        self._ports: dict[int, FramePort] = {}
        self._port(CALLER)
        self._lines: dict[int, Line] = {}
        self._strays: dict[Leg, float] = {}
        # Dials that wait for an ended leg to be gone, by leg; and until when.
        self._waiting: dict[int, tuple[m.Dial, float]] = {}
        self._hearing = Hearing()
        self._welcome: m.Welcome | None = None
        self._orphan = False
        self._lasting = False
        self._draining = False
        self._next_check = 0.0
        self._idle_since = time.monotonic()
        self._link = Link(config.socket)
        self._stack.incoming = self._incoming
        self._stack.join()
        self._link.send(m.Hello(config.slot, os.getpid(), config.stack.port))

    def run(self) -> NoReturn:
        """Work until told to leave; never returns."""
        # Calls that come before the node's answer wait in the SIP socket.
        while self._welcome is None and not self._link.lost:
            self._link.wait(1.0)
            for message in self._link.receive():
                self._obey(message)
        while True:
            busy = bool(self._lines or self._strays)
            if busy:
                self._idle_since = time.monotonic()
            elif time.monotonic() - self._idle_since > REST_AFTER_S:
                self._stack.tick(False)
            self._stack.poll(BUSY_POLL_MS if busy else IDLE_POLL_MS)
            for message in self._link.receive():
                self._obey(message)
            if self._link.lost and not self._orphan:
                self._node_gone()
            self._pump()
            if self._waiting:
                self._ring_waiting()
            self._check_clocks()
            self._link.flush()
            if self._may_leave():
                self._leave()

    # --- a caller arrives and leaves -----------------------------------------------------

    def _incoming(self, sip_id: int, invite: str, source: str) -> None:
        self._stack.tick(True)
        if self._lines or self._strays or self._draining or self._orphan:
            leg = Leg(self._stack, self, None, sip_id)
            self._strays[leg] = time.monotonic()
            leg.refuse(486)
            return
        leg = Leg(self._stack, self, self._port(CALLER), sip_id)
        self._lines[CALLER] = Line(leg, 0.0)
        try:
            leg.ring()
        except SipError as error:
            self._fault(f"ringing: {error}")
        if leg.over:
            # PJSIP has refused it by itself: no codec in common, for instance.
            return
        self._link.send(incoming(invite, source, proxied=self._config.proxied))

    def _end_call(self, code: int, reason: str) -> None:
        self._lasting = False
        for index in [*self._waiting, *self._lines]:
            if index != CALLER:
                self._drop(index, 0, "caller-left")
        self._pump(everything=True)
        self._audio.stop(self._link.send)
        self._hearing.forget(CALLER)
        self._lines.pop(CALLER, None)
        self._link.send(m.LegChanged(CALLER, "ended", code, reason))
        self._stack.collect()

    def _drop(
        self, index: int, code: int, reason: str, headers: dict[str, str] | None = None
    ) -> None:
        """End a leg from this side and say so at once; SIP may take its time."""
        if self._waiting.pop(index, None) is not None:
            self._link.send(m.LegChanged(index, "failed", code, reason))
            if self._orphan:
                self._after_leg_of_orphan()
            return
        line = self._lines.get(index)
        if line is None:
            return
        self._strays[line.leg] = time.monotonic()
        line.leg.detach()
        if headers is not None:
            line.leg.refuse(code, headers)
        else:
            line.leg.hang_up()
        self._gone(index, code, reason)

    def _gone(self, index: int, code: int, reason: str) -> None:
        lasts = self._lasting and any(
            line.up for other, line in self._lines.items() if other != CALLER
        )
        if index == CALLER and not lasts:
            self._end_call(code, reason)
            return
        # What the leg said until now was heard by those who heard it until now.
        self._pump(everything=True)
        line = self._lines.pop(index)
        self._hearing.forget(index)
        self._audio.stop_play(index, self._link.send)
        state: m.LegState = "left" if index == CALLER else "ended" if line.up else "failed"
        self._link.send(m.LegChanged(index, state, code, reason))
        if self._lasting and not self._lines:
            self._end_call(code, reason)
        elif self._orphan and CALLER in self._lines and reason != "caller-left":
            self._after_leg_of_orphan()

    # --- what PJSIP tells ----------------------------------------------------------------

    def leg_state(self, leg: Leg, state: SipState, code: int, reason: str) -> None:
        """See :class:`ivr.sip.pj.LegWatcher`."""
        if leg in self._strays:
            if state == "ended":
                del self._strays[leg]
            elif state == "up":
                leg.hang_up()
            return
        index = self._index(leg)
        if index is None:
            return
        line = self._lines[index]
        if state == "ended":
            self._gone(index, code, reason)
        elif state == "up":
            self._up(index, line, code)
        elif line.state != state:
            line.state = state
            self._link.send(m.LegChanged(index, state, code, reason))

    def _up(self, index: int, line: Line, code: int) -> None:
        if line.up:
            return
        line.up = True
        line.give_up_at = 0.0
        line.life_at = time.monotonic()
        if index == CALLER:
            self._audio.start()
        self._link.send(m.LegChanged(index, "up", code, codec=line.leg.codec()))
        if self._orphan and index != CALLER:
            self._bridge(CALLER, index)

    def leg_media(self, leg: Leg, state: MediaState) -> None:
        """See :class:`ivr.sip.pj.LegWatcher`."""
        index = self._index(leg)
        if index is None:
            return
        line = self._lines[index]
        line.life_at = time.monotonic()
        held = state != "active"
        if line.up and held != line.held:
            line.held = held
            self._link.send(m.LegChanged(index, "held" if held else "resumed"))

    def leg_key(self, leg: Leg, key: str, method: str, begins: bool) -> None:
        """See :class:`ivr.sip.pj.LegWatcher`."""
        index = self._index(leg)
        if index is None or not self._lines[index].up:
            return
        keys, now = self._lines[index].keys, time.monotonic()
        if not begins:
            keys.still_down(key, now)
        elif keys.pressed(key, "info" if method == "info" else "rfc4733", now):
            self._pump(everything=True)
            if index == CALLER:
                self._audio.key_pressed()
            self._link.send(m.Key(index, key, self._audio.at_ms))

    def _index(self, leg: Leg) -> int | None:
        return next((index for index, line in self._lines.items() if line.leg is leg), None)

    # --- what the node orders ------------------------------------------------------------

    def _obey(self, message: m.ToWorker) -> None:
        try:
            self._carry_out(message)
        except (SipError, BadSound, OSError) as error:
            self._fault(f"{type(message).__name__}: {error}")

    def _carry_out(self, message: m.ToWorker) -> None:
        match message:
            case m.Welcome():
                self._welcome = message
            case m.Drain():
                self._draining = True
            case m.Originate():
                self._originate(message)
            case _ if CALLER not in self._lines and not (self._lasting and self._lines):
                # The caller left while the order was under way.
                return
            case m.Answer():
                self._lines[CALLER].leg.accept()
            case m.Reject(code, retry_after):
                extra = {"Retry-After": str(retry_after)} if retry_after else {}
                self._drop(CALLER, code, "rejected", extra)
            case m.StartRecording(path, left):
                self._pump(everything=True)
                self._audio.record(path, left)
            case m.StopRecording():
                self._pump(everything=True)
                self._audio.end_recording(self._link.send)
            case m.MaskRecording(sides, from_ms):
                self._pump(everything=True)
                self._audio.mask(sides, from_ms)
            case m.Play():
                self._play(message)
            case m.StopPlay(leg):
                self._audio.stop_play(leg, self._link.send)
            case m.Dial():
                self._dial(message)
            case m.SendKey(leg, key):
                if leg in self._lines and self._lines[leg].up:
                    self._lines[leg].leg.press(key, "rfc4733")
            case m.Wire(source, sink, on):
                self._wire(source, sink, on)
            case m.Bridge(a, b):
                self._bridge(a, b)
            case m.Unbridge(a, b):
                self._wire(a, b, False)
                self._wire(b, a, False)
            case m.HangUpLeg(leg) if leg == CALLER:
                self._lasting = False
                if CALLER in self._lines:
                    self._drop(CALLER, 0, "hung-up")
                else:
                    self._end_call(0, "hung-up")
            case m.HangUpLeg(leg):
                self._drop(leg, 0, "hung-up")

    def _play(self, order: m.Play) -> None:
        self._audio.stop_play(order.leg, self._link.send)
        if order.leg not in self._lines:
            self._link.send(m.Played(order.id, 0, False))
            return
        try:
            pcm = read_all(order.files)
        except BadSound as error:
            self._fault(str(error))
            self._link.send(m.Played(order.id, 0, False))
            return
        self._audio.play(order.leg, order.id, pcm, order.loop)

    def _originate(self, order: m.Originate) -> None:
        if self._lines or self._strays or self._draining:
            self._link.send(m.NotFree(order.call_id))
            return
        self._stack.tick(True)
        leg = Leg(self._stack, self, self._port(CALLER))
        self._lines[CALLER] = Line(leg, time.monotonic() + order.timeout_s)
        self._lasting = order.lasting
        try:
            leg.dial(order.uri, order.headers)
        except SipError as error:
            self._lines.pop(CALLER)
            self._link.send(m.LegChanged(CALLER, "ended", 400, str(error)))

    def _dial(self, order: m.Dial) -> None:
        taken = order.leg in self._lines or order.leg in self._waiting
        if not CALLER < order.leg < MAX_LEGS or taken:
            self._link.send(m.LegChanged(order.leg, "failed", 491, "leg-in-use"))
        else:
            self._ring(order, time.monotonic() + LINGER_S)

    def _ring_waiting(self) -> None:
        for leg, (order, until) in tuple(self._waiting.items()):
            del self._waiting[leg]
            self._ring(order, until)

    def _ring(self, order: m.Dial, until: float) -> None:
        leg = Leg(self._stack, self, self._port(order.leg))
        self._lines[order.leg] = Line(leg, time.monotonic() + order.timeout_s)
        try:
            leg.dial(order.uri, order.headers)
        except NoPlace:
            # The other side has yet to answer the BYE of a leg that was ended.
            self._lines.pop(order.leg)
            self._waiting[order.leg] = (order, until)
            if time.monotonic() > until:
                self._drop(order.leg, 491, "leg-in-use")
        except SipError as error:
            self._lines.pop(order.leg)
            self._link.send(m.LegChanged(order.leg, "failed", 400, str(error)))

    def _bridge(self, a: int, b: int) -> None:
        self._wire(a, b, True)
        self._wire(b, a, True)

    def _wire(self, source: int, sink: int, on: bool) -> None:
        if source == sink or source not in self._lines or sink not in self._lines:
            return
        # What has been said up to here was heard as the wires were.
        self._pump(everything=True)
        if on:
            self._hearing.put(source, sink)
            self._lines[source].leg.let_hear(self._lines[sink].leg)
        else:
            self._hearing.cut(source, sink)
            self._lines[source].leg.keep_from(self._lines[sink].leg)

    # --- the node is gone ----------------------------------------------------------------

    def _node_gone(self) -> None:
        self._orphan = True
        self._waiting.clear()
        self._audio.mask("")
        caller = self._lines.get(CALLER)
        if caller is None:
            return
        if not caller.up:
            self._drop(CALLER, 486, "node-gone", {})
            return
        for index in self._lines:
            self._audio.stop_play(index, self._link.send)
        if self._talk_on():
            return
        for index in [index for index in self._lines if index != CALLER]:
            self._drop(index, 0, "caller-left")
        prompt = self._welcome.fallback_prompt if self._welcome else ""
        try:
            pcm = read_all([prompt]) if prompt else b""
        except BadSound:
            pcm = b""
        self._audio.play(CALLER, -1, pcm, loop=False)

    def _talk_on(self) -> bool:
        """Leave the caller with those whom they talk with; False if there is nobody.

        A caller on hold goes back to whom they talked with before: nobody could fetch them any
        more. Who is still being rung is let go: nobody could say what they were wanted for.
        """
        up = self._up_now()
        if not self._hearing.with_caller(up):
            for index in self._hearing.partners(up):
                self._bridge(CALLER, index)
        if not self._hearing.with_caller(up):
            return False
        for index in [index for index, line in self._lines.items() if not line.up]:
            self._drop(index, 0, "caller-left")
        return True

    def _after_leg_of_orphan(self) -> None:
        if not self._hearing.with_caller(self._up_now()):
            self._drop(CALLER, 0, "fallback-over")

    def _call_fallback(self) -> None:
        uri = self._welcome.fallback_uri if self._welcome else ""
        if not uri:
            self._drop(CALLER, 0, "node-gone")
            return
        self._dial(m.Dial(CALLER + 1, uri))
        if CALLER + 1 not in self._lines and CALLER + 1 not in self._waiting:
            self._drop(CALLER, 0, "node-gone")

    # --- time ----------------------------------------------------------------------------

    def _pump(self, everything: bool = False) -> None:
        up = self._up_now()
        finished = self._audio.pump(up, self._link.send, everything, self._hearing.shared(up))
        if self._orphan and finished and CALLER in self._lines:
            self._call_fallback()

    def _check_clocks(self) -> None:
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + 0.25
        for index, line in tuple(self._lines.items()):
            if line.give_up_at and now > line.give_up_at:
                self._drop(index, 408, "no-answer")
            elif line.up and line.leg.media == "active":
                life = line.leg.signs_of_life()
                if life != line.life:
                    line.life, line.life_at = life, now
                elif now - line.life_at > self._config.media_timeout_s:
                    self._drop(index, 0, "media-timeout")

    def _may_leave(self) -> bool:
        if self._strays:
            oldest = min(self._strays.values())
            return time.monotonic() - oldest > LINGER_S and not self._lines
        return not self._lines and (self._draining or self._orphan)

    def _leave(self) -> NoReturn:
        # Answers still in the socket's queue go out; destroying the library is not worth it.
        self._stack.poll(20)
        self._link.flush()
        os._exit(0)

    # --- small things --------------------------------------------------------------------

    def _up_now(self) -> tuple[int, ...]:
        return tuple(index for index, line in self._lines.items() if line.up)

    def _port(self, index: int) -> FramePort:
        if index not in self._ports:
            sound = self._audio.sounds[index]
            self._ports[index] = FramePort(f"leg{index}", sound.heard, sound.wanted)
        return self._ports[index]

    def _fault(self, text: str) -> None:
        self._link.send(m.WorkerFault(text))


def main(config: WorkerConfig) -> NoReturn:
    """Run a worker in this process until it is over."""
    # The node alone says when to leave: a signal to the whole group must not cut calls off.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        worker = Worker(config)
    except PortInUse:
        os._exit(EXIT_PORT_IN_USE)
    except NodeGone:
        # It was told to stop while this worker was being forked.
        os._exit(0)
    worker.run()
