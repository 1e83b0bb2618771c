"""Framing: a message's length in four bytes, big-endian, then the message."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from asr.decoder.messages import FromDecoder, Message, ToDecoder

MAX_FRAME = 4 * 1024 * 1024
M = TypeVar("M")
_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()


class FrameTooLong(Exception):
    """The other side announced a frame longer than any message can be."""


def pack(message: Message) -> bytes:
    """A message as it goes over the socket."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


class Reader(Generic[M]):
    """Turns the bytes that arrive, in whatever pieces, back into messages."""

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[M] = msgspec.msgpack.Decoder(kind)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[M]:
        """The messages that ``data`` completes. Raises :class:`FrameTooLong`."""
        self._buffer += data
        at = 0
        try:
            while len(self._buffer) - at >= _LENGTH.size:
                (length,) = _LENGTH.unpack_from(self._buffer, at)
                if length > MAX_FRAME:
                    raise FrameTooLong(f"frame of {length} bytes")
                end = at + _LENGTH.size + length
                if end > len(self._buffer):
                    break
                body = bytes(self._buffer[at + _LENGTH.size : end])
                at = end
                yield self._decoder.decode(body)
        finally:
            del self._buffer[:at]


def node_reader() -> Reader[FromDecoder]:
    """Reads what a decoder says."""
    return Reader(FromDecoder)


def decoder_reader() -> Reader[ToDecoder]:
    """Reads what the node says."""
    return Reader(ToDecoder)
