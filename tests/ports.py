"""Ports that no other process of tests uses, however many run at the same time.

Every process claims a block of its own, locked for as long as it lives, and gives its ports
away in turn; if something else sits in the midst of it, it claims another. The blocks lie below
the range from which the kernel picks ports by itself, so nothing takes one between the moment
it is given to a test and the moment it is bound.
"""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from functools import cache
from pathlib import Path

from ivr.sip.settings import SipSettings

BLOCK = 700
FIRST = 10000
# What Linux picks from unless it is told otherwise begins at 32768.
BLOCKS = 32


class _Block:
    """``BLOCK`` ports from ``first`` up."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._end = first + BLOCK
        self._next = first

    def take(self, count: int) -> int | None:
        """The first of the next ``count`` free ports in a row, if there are any."""
        for start in (self._next, self._first):
            first = port = start
            while first + count <= self._end:
                if not _is_free(port):
                    first = port + 1
                elif port == first + count - 1:
                    self._next = port + 1
                    return first
                port += 1
        return None


class _Ports:
    """The blocks of one process."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.gettempdir()) / f"hotline-test-ports-{os.getuid()}"
        self._directory.mkdir(mode=0o700, exist_ok=True)
        self._unseen = iter(range(FIRST, FIRST + BLOCKS * BLOCK, BLOCK))
        self._block = self._claim()

    def take(self, count: int) -> int:
        while (first := self._block.take(count)) is None:
            self._block = self._claim()
        return first

    def _claim(self) -> _Block:
        for first in self._unseen:
            lock = os.open(self._directory / str(first), os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            # The lock lasts as long as the file is open: until the process ends.
            return _Block(first)
        raise RuntimeError(f"{BLOCKS} blocks of ports are in use by other processes of tests")


@cache
def _ports_of(_pid: int) -> _Ports:
    """The ports of this process; one that was forked from it has others."""
    return _Ports()


def ports(count: int) -> int:
    """The first of ``count`` ports in a row, free for UDP and TCP."""
    return _ports_of(os.getpid()).take(count)


def free_port() -> int:
    """A port that is free for UDP and TCP."""
    return ports(1)


def line_ports(workers: int) -> dict[str, int]:
    """The port settings of a line with so many workers, and one more place for a worker."""
    rtp_ports = SipSettings().rtp_ports
    # In one go, so that none of them is given away twice when the block begins anew.
    first = ports(2 + workers + 1 + workers * rtp_ports)
    return {
        "port": first,
        "internal_port": first + 1,
        "worker_port": first + 2,
        "rtp_port": first + 2 + workers + 1,
        "rtp_ports": rtp_ports,
    }


def _is_free(port: int) -> bool:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
    ):
        # Connections that have just been closed do not count.
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind(("", port))
            tcp.bind(("", port))
        except OSError:
            return False
    return True
