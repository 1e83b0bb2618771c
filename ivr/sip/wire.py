"""Messages as bytes: MessagePack, each preceded by its length in four bytes, big-endian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

from ivr.sip.messages import FromWorker, ToWorker

T = TypeVar("T")

LONGEST = 1 << 24

from_worker: msgspec.msgpack.Decoder[FromWorker] = msgspec.msgpack.Decoder(FromWorker)
to_worker: msgspec.msgpack.Decoder[ToWorker] = msgspec.msgpack.Decoder(ToWorker)
_encoder = msgspec.msgpack.Encoder()


class WireError(Exception):
    """What came over the socket is no message."""


def pack(message: msgspec.Struct) -> bytes:
    """``message`` as it goes over the socket."""
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body


class Unpacker(Generic[T]):
    """Cuts a byte stream back into messages."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[T]) -> None:
        self._decoder = decoder
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[T]:
        """The messages completed by ``data``. Raises :class:`WireError`."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 4:
            size = int.from_bytes(buffer[:4], "big")
            if size > LONGEST:
                raise WireError(f"a message of {size} bytes")
            if len(buffer) < 4 + size:
                return
            body = bytes(buffer[4 : 4 + size])
            del buffer[: 4 + size]
            try:
                message = self._decoder.decode(body)
            except msgspec.DecodeError as error:
                raise WireError(str(error)) from error
            yield message
