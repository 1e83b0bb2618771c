"""The node's end of the socket to one decoder process, and the utterances on it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import cast

from asr.decoder.messages import (
    Broken,
    Cancel,
    Failed,
    Feed,
    Final,
    Finish,
    Message,
    Open,
    Partial,
    Pressed,
    Ready,
)
from asr.decoder.wire import node_reader, pack
from asr.engine import BYTES_PER_SECOND, DecoderUnavailable, Result, Strain

log = logging.getLogger(__name__)

_PIECE = BYTES_PER_SECOND // 10
"""Audio is sent in pieces of 100 ms: a partial is no older, and messages are few."""
_LONGEST = BYTES_PER_SECOND * 10
"""A message holds no more than this, however much is fed at once."""


class Link(asyncio.Protocol):
    """One connection. ``first`` is the decoder's first answer; ``lost`` is set at its end.

    ``on_strain`` is told how hard the decoder is pressed.
    """

    def __init__(self, on_strain: Callable[[Strain], None]) -> None:
        self._on_strain = on_strain
        self.first: asyncio.Future[Ready | Broken] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()
        self.heard_at = asyncio.get_running_loop().time()
        self._transport: asyncio.Transport | None = None
        self._reader = node_reader()
        self._numbers = itertools.count(1)
        self._streams: dict[int, LinkStream] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        for message in self._reader.feed(data):
            match message:
                case Ready() | Broken():
                    if not self.first.done():
                        self.first.set_result(message)
                case Partial(number, text):
                    if stream := self._streams.get(number):
                        stream.partial(text)
                case Pressed(strain):
                    self._on_strain(strain)
                case Final(number, result):
                    if stream := self._streams.pop(number, None):
                        stream.end(result)
                case Failed(number, reason):
                    if stream := self._streams.pop(number, None):
                        stream.fail(reason)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        gone = DecoderUnavailable("the decoder process has ended")
        if not self.first.done():
            self.first.set_exception(gone)
            # Somebody may have stopped waiting for it.
            self.first.exception()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(str(gone))
        self.lost.set()

    def send(self, message: Message) -> None:
        """Send; silently nothing once the connection is gone."""
        if self._transport is not None:
            self._transport.write(pack(message))

    def add(self, stream: LinkStream) -> int:
        """A number for a new utterance."""
        number = next(self._numbers)
        self._streams[number] = stream
        return number

    def remove(self, number: int) -> None:
        """Listen no more for this utterance."""
        self._streams.pop(number, None)

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()


class LinkStream:
    """One utterance; implements :class:`asr.engine.DecoderStream`."""

    def __init__(
        self,
        link: Link,
        on_partial: Callable[[str], None],
        timeout_s: float,
        on_stuck: Callable[[], None],
        phrases: Sequence[str] = (),
    ) -> None:
        self._link = link
        self._on_partial = on_partial
        self._timeout_s = timeout_s
        self._on_stuck = on_stuck
        self._unsent = bytearray()
        self._final: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._over = False
        self._number = link.add(self)
        link.send(Open(self._number, tuple(phrases)))

    def feed(self, pcm: bytes) -> None:
        """Send more audio; never blocks. Ignored once the utterance is over or lost."""
        if self._over or self._final.done():
            return
        self._unsent += pcm
        if len(self._unsent) >= _PIECE:
            self._flush()

    async def finish(self) -> Result:
        """End the utterance and wait for its result.

        Raises :class:`DecoderUnavailable` if the process has ended or does not answer.
        """
        if not self._over and not self._final.done():
            self._flush()
            self._link.send(Finish(self._number))
        self._over = True
        try:
            return await asyncio.wait_for(asyncio.shield(self._final), self._timeout_s)
        except TimeoutError as error:
            self.cancel()
            # A process that still talks of other utterances is slow, not stuck.
            if asyncio.get_running_loop().time() - self._link.heard_at >= self._timeout_s:
                self._on_stuck()
            raise DecoderUnavailable("the decoder process does not answer") from error
        except asyncio.CancelledError:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Forget the utterance."""
        self._over = True
        self._unsent.clear()
        self._link.remove(self._number)
        if not self._final.done():
            self._link.send(Cancel(self._number))
            self._final.cancel()

    def _flush(self) -> None:
        for at in range(0, len(self._unsent), _LONGEST):
            self._link.send(Feed(self._number, bytes(self._unsent[at : at + _LONGEST])))
        self._unsent.clear()

    def partial(self, text: str) -> None:
        """The decoder tells of a new partial result."""
        if self._over:
            return
        try:
            self._on_partial(text)
        except Exception:
            log.exception("a partial's receiver failed", extra={"action": "partial_receiver"})

    def end(self, result: Result) -> None:
        """The decoder tells the last result."""
        if not self._final.done():
            self._final.set_result(result)

    def fail(self, reason: str) -> None:
        """The utterance is lost."""
        if not self._final.done():
            self._final.set_exception(DecoderUnavailable(reason))
            # It may be that nobody ever waits for it.
            self._final.exception()
