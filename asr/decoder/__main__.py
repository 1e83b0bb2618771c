"""The decoder process: ``python -m asr.decoder FD``, started by :mod:`asr.decoder.process`.

It reads messages from the socket ``FD`` and ends when the other end is closed.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from asr.decoder.messages import (
    Broken,
    Cancel,
    Feed,
    Finish,
    Load,
    Message,
    Open,
    Ready,
    ToDecoder,
)
from asr.decoder.pool import Pool
from asr.decoder.wire import decoder_reader, pack
from asr.engine import ModelError
from asr.engines import load_engine


def _messages(link: socket.socket) -> Iterator[ToDecoder]:
    reader = decoder_reader()
    while data := link.recv(1 << 16):
        yield from reader.feed(data)


class _Sender:
    """Sends messages from any thread, one at a time."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._lock = threading.Lock()

    def __call__(self, message: Message) -> None:
        data = pack(message)
        with self._lock:
            self._link.sendall(data)


def serve(link: socket.socket) -> int:
    """Load the model that the first message names, then decode until the link closes."""
    send = _Sender(link)
    messages = _messages(link)
    load = next(messages, None)
    if not isinstance(load, Load):
        return 2
    started = time.monotonic()
    try:
        engine = load_engine(
            load.engine,
            Path(load.model),
            alternatives=load.alternatives,
            spare=load.spare_streams,
        )
    except ModelError as error:
        send(Broken(str(error)))
        return 1
    pool = Pool(engine, load.threads, load.max_lag_s, send)
    pool.start()
    send(Ready(round(time.monotonic() - started, 3)))
    for message in messages:
        match message:
            case Feed(stream, pcm):
                pool.feed(stream, pcm)
            case Open(stream, phrases):
                pool.open(stream, phrases)
            case Finish(stream):
                pool.finish(stream)
            case Cancel(stream):
                pool.cancel(stream)
    return 0


def main() -> None:
    """Run on the socket whose file descriptor is the first argument."""
    logging.basicConfig(format="decoder: %(levelname)s %(message)s")
    with socket.socket(fileno=int(sys.argv[1])) as link:
        try:
            code = serve(link)
        except OSError:
            # The node has gone; there is nobody left to decode for.
            code = 0
    sys.stderr.flush()
    # Threads may be inside libvosk: leave without the interpreter's tidying up.
    os._exit(code)


if __name__ == "__main__":
    main()
