"""A process's PJSIP endpoint: its ports, its account and its clock."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pjsua2 as pj

from ivr.sip.pj.configuration import CODECS, PRIORITIES, account_config, endpoint_config
from ivr.sip.pj.errors import PortInUse, guard
from ivr.sip.processes import Registration, StackSettings


class Ended(Protocol):
    """A leg that is over."""

    def release(self) -> None:
        """Let go of everything that it holds."""


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
    :class:`~ivr.sip.pj.leg.Leg` with that id; ``registered`` with (code, reason, seconds valid).
    """

    def __init__(self, settings: StackSettings) -> None:
        # A collection in a thread that PJSIP does not know aborts the process.
        gc.disable()
        self.settings = settings
        self.incoming: Callable[[int, str, str], None] = lambda sip_id, invite, source: None
        self.registered: Callable[[int, str, int], None] = lambda code, reason, valid: None
        self.registering = False
        self._graves: list[Ended] = []
        self._endpoint = pj.Endpoint()
        with _quiet():
            self._endpoint.libCreate()
        guard(lambda: self._endpoint.libInit(endpoint_config(settings)))
        self._udp = self._open(pj.PJSIP_TRANSPORT_UDP)
        self._tcp = self._open(pj.PJSIP_TRANSPORT_TCP) if settings.tcp else None
        self._ticking = False
        self.tick(True)
        self._endpoint.libStart()
        self.use_codecs(settings.codecs)
        self.account = _Account(self)

    def join(self, registration: Registration | None = None) -> None:
        """Begin to take part: accept calls, and register if asked to."""
        config = account_config(self.settings, registration)
        guard(lambda: self.account.create(config, True))

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

    def bury(self, leg: Ended) -> None:
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
