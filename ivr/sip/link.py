"""The worker's end of the Unix socket to the node: never blocks the SIP thread."""

from __future__ import annotations

import select
import socket

from ivr.sip import wire
from ivr.sip.messages import Audio, FromWorker, ToWorker

# What a node that has stopped reading may leave waiting before sound is dropped: about a
# minute of one leg's audio.
_BACKLOG = 1 << 20


class NodeGone(Exception):
    """Nobody listens at the node's socket any more."""


class Link:
    """Sends and receives messages without waiting; ``lost`` once the node is gone.

    Raises :class:`NodeGone` if it was gone from the beginning.
    """

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise NodeGone(f"{path}: {error.strerror}") from error
        self._socket.setblocking(False)
        self._unpacker = wire.Unpacker(wire.to_worker)
        self._waiting = bytearray()
        self.lost = False

    def send(self, message: FromWorker) -> None:
        """Send ``message``, or keep it until there is room."""
        if self.lost or (isinstance(message, Audio) and len(self._waiting) > _BACKLOG):
            return
        self._waiting += wire.pack(message)
        self.flush()

    def flush(self) -> None:
        """Send as much of what is waiting as there is room for."""
        while self._waiting and not self.lost:
            try:
                sent = self._socket.send(self._waiting)
            except BlockingIOError:
                return
            except OSError:
                self._lose()
                return
            del self._waiting[:sent]

    def wait(self, seconds: float) -> None:
        """Wait until something has come, at most so long."""
        if not self.lost:
            select.select([self._socket], [], [], seconds)

    def receive(self) -> list[ToWorker]:
        """The messages that have come in the meantime."""
        messages: list[ToWorker] = []
        while not self.lost:
            try:
                data = self._socket.recv(65536)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._lose()
                break
            messages.extend(self._unpacker.feed(data))
        return messages

    def _lose(self) -> None:
        self.lost = True
        self._waiting.clear()
        self._socket.close()
