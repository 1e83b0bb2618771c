"""The robot phone's own process: a SIP phone that does as it is told."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections import deque
from typing import NoReturn

import msgspec

from ivr.sip import phone_messages as p
from ivr.sip import wire
from ivr.sip.media import SILENCE, Player
from ivr.sip.pj.errors import PortInUse, SipError
from ivr.sip.pj.leg import Leg, MediaState, SipState
from ivr.sip.pj.port import FramePort
from ivr.sip.pj.stack import Stack
from ivr.sip.processes import MAX_LEGS

_to_phone: msgspec.msgpack.Decoder[p.ToPhone] = msgspec.msgpack.Decoder(p.ToPhone)


class _Mouth(Player):
    """A player that remembers when it began."""

    began = 0.0

    def next_frame(self) -> bytes | None:
        if not self.began:
            self.began = time.monotonic()
        return super().next_frame()


class _Handset:
    """One audio port and what is heard and said through it. Created once, used by many calls."""

    def __init__(self, number: int) -> None:
        self.frames: deque[tuple[float, bytes | None]] = deque()
        self.listening = False
        self.mouth: _Mouth | None = None
        # Whom a phone holds does not hear what is said beside it.
        self.covered = False
        self.port = FramePort(f"handset{number}", self._heard, self._wanted)

    def _heard(self, frame: bytes | None) -> None:
        if self.listening:
            self.frames.append((time.monotonic(), frame))

    def _wanted(self) -> bytes | None:
        mouth = self.mouth
        frame = mouth.next_frame() if mouth is not None else None
        return None if self.covered else frame


class _Talk:
    """One call of the phone."""

    def __init__(self, leg: Leg, handset: _Handset) -> None:
        self.leg = leg
        self.handset = handset
        self.state = ""
        self.up = False
        self.held = False


class PhoneProcess:
    """The loop and what the phone can do."""

    def __init__(self, config: p.PhoneConfig) -> None:
        self._socket = socket.socket(fileno=config.descriptor)
        self._unpacker = wire.Unpacker(_to_phone)
        self._talks: dict[int, _Talk] = {}
        self._refused: set[Leg] = set()
        self._next = 0
        self._listed = False
        try:
            self._stack = Stack(config.stack)
        except PortInUse as error:
            self._tell(p.Ready(str(error)))
            os._exit(1)
        self._free = [_Handset(number) for number in range(MAX_LEGS)]
        self._stack.incoming = self._incoming
        self._stack.registered = self._registered
        self._stack.join(config.registration)
        self._socket.setblocking(False)
        self._tell(p.Ready())

    def run(self) -> NoReturn:
        """Work until the program closes its end."""
        while True:
            self._stack.poll(5 if self._talks else 20)
            try:
                while True:
                    data = self._socket.recv(1 << 18)
                    if not data:
                        self._leave()
                    for message in self._unpacker.feed(data):
                        self._obey(message)
            except BlockingIOError:
                pass
            for number, talk in tuple(self._talks.items()):
                self._pump(number, talk)

    def _leave(self) -> NoReturn:
        for talk in tuple(self._talks.values()):
            talk.leg.hang_up()
        if self._listed:
            self._stack.register(False)
        until = time.monotonic() + 1.0
        while (self._talks or self._listed) and time.monotonic() < until:
            self._stack.poll(10)
        self._stack.poll(20)
        os._exit(0)

    # --- told by the program -------------------------------------------------------------

    def _obey(self, message: p.ToPhone) -> None:
        if isinstance(message, p.Call):
            self._call(message)
            return
        if isinstance(message, p.Register):
            self._stack.register(message.on)
            return
        talk = self._talks.get(message.call)
        if talk is None:
            return
        try:
            self._handle(talk, message)
        except SipError as error:
            print(f"phone: {type(message).__name__}: {error}", file=sys.stderr)  # noqa: T201

    def _handle(self, talk: _Talk, message: p.ToPhone) -> None:
        match message:
            case p.PickUp():
                talk.leg.accept()
            case p.Decline(_, code):
                talk.leg.refuse(code)
            case p.Say(number, name, pcm, loop):
                self._hush(number, talk)
                talk.handset.mouth = _Mouth(name, pcm, loop)
            case p.Hush(number):
                self._hush(number, talk)
            case p.Press(_, key, method):
                talk.leg.press(key, method)
            case p.Hold(_, on):
                talk.handset.covered = on
                if on:
                    talk.leg.hold()
                else:
                    talk.leg.resume()
            case p.HangUp():
                talk.leg.hang_up()

    def _call(self, order: p.Call) -> None:
        if not self._free:
            self._tell(p.Changed(order.call, "ended", 486, "no free handset"))
            return
        handset = self._free.pop()
        leg = Leg(self._stack, self, handset.port)
        self._talks[order.call] = _Talk(leg, handset)
        self._stack.use_codecs(order.codecs)
        try:
            leg.dial(order.uri, order.headers)
        except SipError as error:
            self._end(order.call, 400, str(error))

    def _registered(self, code: int, reason: str, valid_s: int) -> None:
        self._listed = code // 100 == 2 and valid_s > 0
        self._tell(p.Registered(code, reason, valid_s if self._listed else 0))

    # --- told by PJSIP -------------------------------------------------------------------

    def _incoming(self, sip_id: int, invite: str, source: str) -> None:
        if not self._free:
            leg = Leg(self._stack, self, None, sip_id)
            self._refused.add(leg)
            leg.refuse(486)
            return
        handset = self._free.pop()
        leg = Leg(self._stack, self, handset.port, sip_id)
        # Odd numbers are the program's, even ones ours: neither has to ask the other.
        self._next += 2
        number = self._next
        self._talks[number] = _Talk(leg, handset)
        leg.ring()
        self._tell(p.Rings(number, invite))

    def leg_state(self, leg: Leg, state: SipState, code: int, reason: str) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        number = self._number(leg)
        if number is None:
            if state == "ended":
                self._refused.discard(leg)
            return
        talk = self._talks[number]
        if state == "ended":
            self._end(number, code, reason)
        elif state == "up":
            talk.up = True
            talk.handset.listening = True
            self._tell(p.Changed(number, "up", code, reason, leg.codec()))
        elif state != talk.state:
            talk.state = state
            talk.handset.listening = state == "early"
            self._tell(p.Changed(number, state, code, reason))

    def leg_media(self, leg: Leg, state: MediaState) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        number = self._number(leg)
        if number is None or not self._talks[number].up:
            return
        talk, held = self._talks[number], state != "active"
        if held != talk.held:
            talk.held = held
            self._tell(p.Changed(number, "held" if held else "resumed"))

    def leg_key(self, leg: Leg, key: str, method: str, begins: bool) -> None:
        """See :class:`ivr.sip.pj.leg.LegWatcher`."""
        number = self._number(leg)
        if number is not None and begins:
            self._tell(p.KeyHeard(number, key, method))

    def _number(self, leg: Leg) -> int | None:
        return next((number for number, talk in self._talks.items() if talk.leg is leg), None)

    # --- sound ---------------------------------------------------------------------------

    def _pump(self, number: int, talk: _Talk) -> None:
        frames = talk.handset.frames
        while frames:
            at, frame = frames.popleft()
            self._tell(p.Hears(number, at, SILENCE if frame is None else frame))
        mouth = talk.handset.mouth
        if mouth is not None and mouth.done:
            self._hush(number, talk)

    def _hush(self, number: int, talk: _Talk) -> None:
        mouth, talk.handset.mouth = talk.handset.mouth, None
        if mouth is not None:
            self._tell(p.Said(number, mouth.number, mouth.began, time.monotonic()))

    def _end(self, number: int, code: int, reason: str) -> None:
        talk = self._talks[number]
        self._pump(number, talk)
        self._hush(number, talk)
        talk.handset.listening = talk.handset.covered = False
        talk.handset.frames.clear()
        del self._talks[number]
        self._free.append(talk.handset)
        self._tell(p.Changed(number, "ended", code, reason))

    def _tell(self, message: p.FromPhone) -> None:
        data = memoryview(wire.pack(message))
        while data:
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                return


def main() -> None:
    """Entry point: the configuration is the one argument, as JSON."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    PhoneProcess(msgspec.json.decode(sys.argv[1], type=p.PhoneConfig)).run()


if __name__ == "__main__":
    main()
