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
from ivr.sip.invite import incoming
from ivr.sip.legs import LINGER_S, Legs
from ivr.sip.link import Link, NodeGone
from ivr.sip.orders import Orders
from ivr.sip.orphan import Orphan
from ivr.sip.pj.errors import PortInUse, SipError
from ivr.sip.pj.stack import Stack
from ivr.sip.processes import EXIT_PORT_IN_USE, WorkerConfig
from ivr.sip.sound import BadSound

BUSY_POLL_MS = 10
IDLE_POLL_MS = 100
REST_AFTER_S = 1.0


class Worker:
    """The loop: SIP, the node's messages, sound and clocks in turn."""

    def __init__(self, config: WorkerConfig) -> None:
        self._config = config
        self._stack = Stack(config.stack)
        self._audio = CallAudio()
        self._link = Link(config.socket)
        send = self._link.send
        self._legs = Legs(self._stack, self._audio, send, media_timeout_s=config.media_timeout_s)
        self._orders = Orders(self._legs, self._audio, send)
        self._orphan: Orphan | None = None
        self._welcome: m.Welcome | None = None
        self._draining = False
        self._idle_since = time.monotonic()
        self._stack.incoming = self._incoming
        self._stack.join()
        send(m.Hello(config.slot, os.getpid(), config.stack.port))

    def run(self) -> NoReturn:
        """Work until told to leave; never returns."""
        # Calls that come before the node's answer wait in the SIP socket.
        while self._welcome is None and not self._link.lost:
            self._link.wait(1.0)
            for message in self._link.receive():
                self._obey(message)
        while True:
            busy = self._legs.in_use
            if busy:
                self._idle_since = time.monotonic()
            elif time.monotonic() - self._idle_since > REST_AFTER_S:
                self._stack.tick(False)
            self._stack.poll(BUSY_POLL_MS if busy else IDLE_POLL_MS)
            for message in self._link.receive():
                self._obey(message)
            if self._link.lost and self._orphan is None:
                self._orphan = Orphan(self._legs, self._audio, self._link.send, self._welcome)
                self._orphan.take_over()
            self._legs.pump()
            self._legs.ring_waiting()
            self._legs.check_clocks()
            self._link.flush()
            if self._may_leave():
                self._leave()

    def _incoming(self, sip_id: int, invite: str, source: str) -> None:
        if self._legs.in_use or self._draining or self._orphan is not None:
            self._legs.refuse(sip_id)
        elif self._legs.take(sip_id):
            self._link.send(incoming(invite, source, proxied=self._config.proxied))

    def _obey(self, message: m.ToWorker) -> None:
        try:
            match message:
                case m.Welcome():
                    self._welcome = message
                case m.Drain():
                    self._draining = True
                case m.Originate() if self._legs.in_use or self._draining:
                    self._link.send(m.NotFree(message.call_id))
                case _:
                    self._orders.carry_out(message)
        except (SipError, BadSound, OSError) as error:
            self._link.send(m.WorkerFault(f"{type(message).__name__}: {error}"))

    def _may_leave(self) -> bool:
        legs = self._legs
        if legs.strays:
            oldest = min(legs.strays.values())
            return time.monotonic() - oldest > LINGER_S and not legs.lines
        return not legs.lines and (self._draining or self._orphan is not None)

    def _leave(self) -> NoReturn:
        # Answers still in the socket's queue go out; destroying the library is not worth it.
        self._stack.poll(20)
        self._link.flush()
        os._exit(0)


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
