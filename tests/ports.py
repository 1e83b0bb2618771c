"""Ports that no other process of tests uses, however many run at the same time.

Every process claims a block of its own, locked for as long as it lives, and gives its ports
away in turn. The blocks lie below the range from which the kernel picks ports by itself, so
nothing takes one between the moment it is given to a test and the moment it is bound.
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
    def __init__(self, first: int, lock: int) -> None:
        self._first = first
        # Open, and so locked, until the process ends.
        self._lock = lock
        self._next = 0

    def take(self, count: int) -> int:
        for _ in range(BLOCK):
            if self._next + count > BLOCK:
                self._next = 0
            first = self._first + self._next
            self._next += count
            if all(_is_free(port) for port in range(first, first + count)):
                return first
        raise RuntimeError(f"no {count} free ports from {self._first} up")


@cache
def _block(_pid: int) -> _Block:
    """The block of this process; one that it was forked from has another."""
    directory = Path(tempfile.gettempdir()) / f"hotline-test-ports-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    for first in range(FIRST, FIRST + BLOCKS * BLOCK, BLOCK):
        lock = os.open(directory / str(first), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return _Block(first, lock)
    raise RuntimeError(f"{BLOCKS} processes of tests run already")


def ports(count: int) -> int:
    """The first of ``count`` ports in a row, free for UDP and TCP."""
    return _block(os.getpid()).take(count)


def free_port() -> int:
    """A port that is free for UDP and TCP."""
    return ports(1)


def line_ports(workers: int) -> dict[str, int]:
    """The port settings of a line with so many workers, and one more place for a worker."""
    worker_port = ports(workers + 1)
    rtp_ports = SipSettings().rtp_ports
    return {
        "port": free_port(),
        "internal_port": free_port(),
        "worker_port": worker_port,
        "rtp_ports": rtp_ports,
        "rtp_port": ports(workers * rtp_ports),
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
