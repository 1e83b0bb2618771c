"""The legs of a worker: how they come up, who hears whom, and how they go."""

from __future__ import annotations

import time
from typing import Protocol

from ivr.sip import messages as m
from ivr.sip.call_audio import CallAudio, Send
from ivr.sip.hearing import CALLER, Hearing
from ivr.sip.keys import KeyFilter
from ivr.sip.pj.errors import NoPlace, SipError
from ivr.sip.pj.leg import Leg, MediaState, SipState
from ivr.sip.pj.port import FramePort
from ivr.sip.pj.stack import Stack
from ivr.sip.processes import MAX_LEGS

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


class Heir(Protocol):
    """Decides in the node's stead what becomes of the call."""

    def leg_up(self, index: int) -> None:
        """A further leg is connected."""

    def leg_gone(self) -> None:
        """A further leg has ended, and the caller is still there."""

    def played(self) -> None:
        """What was played to the caller has come to its end."""


class Legs:
    """Leg 0 is the caller, or who was rung first.

    ``lasting``: the call outlives leg 0. ``heir`` is None while there is a node. ``strays`` are
    legs that were ended from this side and are not quite gone, with the time of that.
    """

    def __init__(
        self, stack: Stack, audio: CallAudio, send: Send, *, media_timeout_s: float
    ) -> None:
        self._stack = stack
        self._audio = audio
        self._send = send
        self._media_timeout_s = media_timeout_s
        self._ports: dict[int, FramePort] = {}
        self._port(CALLER)
        self.lines: dict[int, Line] = {}
        self.strays: dict[Leg, float] = {}
        # Dials that wait for an ended leg to be gone, by leg; and until when.
        self.waiting: dict[int, tuple[m.Dial, float]] = {}
        self.hearing = Hearing()
        self.lasting = False
        self.heir: Heir | None = None
        self._next_check = 0.0

    @property
    def in_use(self) -> bool:
        """Whether PJSIP has any leg, even one that is on its way out."""
        return bool(self.lines or self.strays)

    def up(self) -> tuple[int, ...]:
        """The legs that are connected."""
        return tuple(index for index, line in self.lines.items() if line.up)

    # --- coming ---------------------------------------------------------------------------

    def refuse(self, sip_id: int) -> None:
        """Answer "busy" to a call that there is no place for."""
        self._stack.tick(True)
        leg = Leg(self._stack, self, None, sip_id)
        self.strays[leg] = time.monotonic()
        leg.refuse(486)

    def take(self, sip_id: int) -> bool:
        """Ring for a call that comes in; False if PJSIP has refused it by itself."""
        self._stack.tick(True)
        leg = Leg(self._stack, self, self._port(CALLER), sip_id)
        self.lines[CALLER] = Line(leg, 0.0)
        try:
            leg.ring()
        except SipError as error:
            self._send(m.WorkerFault(f"ringing: {error}"))
        # No codec in common, for instance.
        return not leg.over

    def originate(self, order: m.Originate) -> None:
        """Ring somebody as leg 0."""
        self._stack.tick(True)
        leg = Leg(self._stack, self, self._port(CALLER))
        self.lines[CALLER] = Line(leg, time.monotonic() + order.timeout_s)
        self.lasting = order.lasting
        try:
            leg.dial(order.uri, order.headers)
        except SipError as error:
            self.lines.pop(CALLER)
            self._send(m.LegChanged(CALLER, "ended", 400, str(error)))

    def dial(self, order: m.Dial) -> None:
        """Ring somebody as a further leg; waits a little for the place of an ended one."""
        taken = order.leg in self.lines or order.leg in self.waiting
        if not CALLER < order.leg < MAX_LEGS or taken:
            self._send(m.LegChanged(order.leg, "failed", 491, "leg-in-use"))
        else:
            self._ring(order, time.monotonic() + LINGER_S)

    def ring_waiting(self) -> None:
        """Try again what had no place."""
        for leg, (order, until) in tuple(self.waiting.items()):
            del self.waiting[leg]
            self._ring(order, until)

    def _ring(self, order: m.Dial, until: float) -> None:
        leg = Leg(self._stack, self, self._port(order.leg))
        self.lines[order.leg] = Line(leg, time.monotonic() + order.timeout_s)
        try:
            leg.dial(order.uri, order.headers)
        except NoPlace:
            # The other side has yet to answer the BYE of a leg that was ended.
            self.lines.pop(order.leg)
            self.waiting[order.leg] = (order, until)
            if time.monotonic() > until:
                self.drop(order.leg, 491, "leg-in-use")
        except SipError as error:
            self.lines.pop(order.leg)
            self._send(m.LegChanged(order.leg, "failed", 400, str(error)))

    # --- going ----------------------------------------------------------------------------

    def drop(
        self, index: int, code: int, reason: str, headers: dict[str, str] | None = None
    ) -> None:
        """End a leg from this side and say so at once; SIP may take its time."""
        if self.waiting.pop(index, None) is not None:
            self._send(m.LegChanged(index, "failed", code, reason))
            if self.heir is not None:
                self.heir.leg_gone()
            return
        line = self.lines.get(index)
        if line is None:
            return
        self.strays[line.leg] = time.monotonic()
        line.leg.detach()
        if headers is not None:
            line.leg.refuse(code, headers)
        else:
            line.leg.hang_up()
        self._gone(index, code, reason)

    def _gone(self, index: int, code: int, reason: str) -> None:
        lasts = self.lasting and any(
            line.up for other, line in self.lines.items() if other != CALLER
        )
        if index == CALLER and not lasts:
            self.end_call(code, reason)
            return
        # What the leg said until now was heard by those who heard it until now.
        self.pump(everything=True)
        line = self.lines.pop(index)
        self.hearing.forget(index)
        self._audio.stop_play(index, self._send)
        state: m.LegState = "left" if index == CALLER else "ended" if line.up else "failed"
        self._send(m.LegChanged(index, state, code, reason))
        if self.lasting and not self.lines:
            self.end_call(code, reason)
        elif self.heir is not None and CALLER in self.lines and reason != "caller-left":
            self.heir.leg_gone()

    def end_call(self, code: int, reason: str) -> None:
        """Leg 0 is over, and all others with it: the worker is free again."""
        self.lasting = False
        for index in [*self.waiting, *self.lines]:
            if index != CALLER:
                self.drop(index, 0, "caller-left")
        self.pump(everything=True)
        self._audio.stop(self._send)
        self.hearing.clear()
        self.lines.pop(CALLER, None)
        self._send(m.LegChanged(CALLER, "ended", code, reason))
        self._stack.collect()

    # --- what PJSIP tells -----------------------------------------------------------------

    def leg_state(self, leg: Leg, state: SipState, code: int, reason: str) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        if leg in self.strays:
            if state == "ended":
                del self.strays[leg]
            elif state == "up":
                leg.hang_up()
            return
        index = self._index(leg)
        if index is None:
            return
        line = self.lines[index]
        if state == "ended":
            self._gone(index, code, reason)
        elif state == "up":
            self._come_up(index, line, code)
        elif line.state != state:
            line.state = state
            self._send(m.LegChanged(index, state, code, reason))

    def _come_up(self, index: int, line: Line, code: int) -> None:
        if line.up:
            return
        line.up = True
        line.give_up_at = 0.0
        line.life_at = time.monotonic()
        if index == CALLER:
            self._audio.start()
        self._send(m.LegChanged(index, "up", code, codec=line.leg.codec()))
        if self.heir is not None and index != CALLER:
            self.heir.leg_up(index)

    def leg_media(self, leg: Leg, state: MediaState) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        index = self._index(leg)
        if index is None:
            return
        line = self.lines[index]
        line.life_at = time.monotonic()
        held = state != "active"
        if line.up and held != line.held:
            line.held = held
            self._send(m.LegChanged(index, "held" if held else "resumed"))

    def leg_key(self, leg: Leg, key: str, method: str, begins: bool) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        index = self._index(leg)
        if index is None or not self.lines[index].up:
            return
        keys, now = self.lines[index].keys, time.monotonic()
        if not begins:
            keys.still_down(key, now)
        elif keys.pressed(key, "info" if method == "info" else "rfc4733", now):
            self.pump(everything=True)
            if index == CALLER:
                self._audio.key_pressed()
            self._send(m.Key(index, key, self._audio.at_ms))

    def _index(self, leg: Leg) -> int | None:
        return next((index for index, line in self.lines.items() if line.leg is leg), None)

    # --- who hears whom -------------------------------------------------------------------

    def bridge(self, a: int, b: int) -> None:
        """Let both hear each other."""
        self.wire(a, b, True)
        self.wire(b, a, True)

    def wire(self, source: int, sink: int, on: bool) -> None:
        """``sink`` hears ``source``, or no longer; nothing happens if either is not there."""
        if source == sink or source not in self.lines or sink not in self.lines:
            return
        # What has been said up to here was heard as the wires were.
        self.pump(everything=True)
        if on:
            self.hearing.put(source, sink)
            self.lines[source].leg.let_hear(self.lines[sink].leg)
        else:
            self.hearing.cut(source, sink)
            self.lines[source].leg.keep_from(self.lines[sink].leg)

    # --- time -----------------------------------------------------------------------------

    def pump(self, everything: bool = False) -> None:
        """Handle the sound since the last time; ``everything``: to this very moment."""
        up = self.up()
        finished = self._audio.pump(up, self._send, everything, self.hearing.shared(up))
        if self.heir is not None and finished and CALLER in self.lines:
            self.heir.played()

    def check_clocks(self) -> None:
        """End legs that nobody answers and legs whose peer has gone silent."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + 0.25
        for index, line in tuple(self.lines.items()):
            if line.give_up_at and now > line.give_up_at:
                self.drop(index, 408, "no-answer")
            elif line.up and line.leg.media == "active":
                life = line.leg.signs_of_life()
                if life != line.life:
                    line.life, line.life_at = life, now
                elif now - line.life_at > self._media_timeout_s:
                    self.drop(index, 0, "media-timeout")

    def _port(self, index: int) -> FramePort:
        if index not in self._ports:
            sound = self._audio.sounds[index]
            self._ports[index] = FramePort(f"leg{index}", sound.heard, sound.wanted)
        return self._ports[index]
