"""A call as the node sees it: the worker that holds the caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from ivr.sip import messages as m


class WorkerCall:
    """One caller's worker, from ``Incoming`` to ``LegChanged(0, "ended")``.

    ``over``: the worker is free again. ``done``: whoever held the call has finished with it,
    too. ``why`` it is over, in SIP's words. ``answered``: both sides were connected at some
    time. ``not_free``: it was to ring somebody, but its worker had a caller; nothing was sent.
    """

    def __init__(self, incoming: m.Incoming, send: Callable[[m.ToWorker], None]) -> None:
        self.incoming = incoming
        self._send = send
        self._messages: asyncio.Queue[m.FromWorker] = asyncio.Queue()
        self._told_end = False
        self.over = asyncio.Event()
        self.done = asyncio.Event()
        self.why = ""
        self.answered = False
        self.not_free = False

    def send(self, message: m.ToWorker) -> None:
        """Tell the worker something; never blocks, nothing happens once the call is over."""
        if not self.over.is_set():
            self._send(message)

    async def recv(self) -> m.FromWorker | None:
        """The next message; the last one is ``LegChanged(0, "ended")``, after it None."""
        if self._told_end:
            return None
        message = await self._messages.get()
        self._told_end = ends_call(message)
        return message

    async def __aiter__(self) -> AsyncIterator[m.FromWorker]:
        while (message := await self.recv()) is not None:
            yield message

    def put(self, message: m.FromWorker) -> None:
        """A message of the worker; for the pool."""
        if self.over.is_set():
            return
        self._messages.put_nowait(message)
        if not isinstance(message, m.LegChanged) or message.leg != 0:
            return
        self.answered |= message.state == "up"
        if ends_call(message):
            self.not_free = message.reason == "not-free"
            self.why = f"{message.code} {message.reason}".strip()
            self.over.set()


def ends_call(message: m.FromWorker) -> bool:
    """Whether ``message`` is the last of a call."""
    return isinstance(message, m.LegChanged) and message.leg == 0 and message.state == "ended"


OnCall = Callable[[WorkerCall], Awaitable[None]]
