"""Places for workers: their ports, and who fills them at the moment."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from ivr.sip import messages as m
from ivr.sip import wire
from ivr.sip.processes import StackSettings, WorkerConfig, host_of
from ivr.sip.settings import SipSettings
from ivr.sip.worker_call import WorkerCall


class PoolError(Exception):
    """Workers cannot be started; the message says why."""


class Slot:
    """A place for a worker: its port stays the same whoever fills it."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.port = port
        self.pid = 0
        self.started = 0.0
        self.failures = 0
        self.ready = asyncio.Event()
        self.calls = 0
        self.leaving = False
        self.talking = False
        self.heard_at = 0.0
        self.writer: asyncio.StreamWriter | None = None
        self.call: WorkerCall | None = None

    @property
    def free(self) -> bool:
        """Whether its worker waits for a caller."""
        return self.writer is not None and self.call is None and not self.leaving

    def send(self, message: m.ToWorker) -> None:
        """Tell its worker something, if there is one."""
        if self.writer is not None and not self.writer.is_closing():
            self.writer.write(wire.pack(message))


def free_ports(first: int, count: int) -> list[int]:
    """``count`` ports that are free on 127.0.0.1. Raises :class:`PoolError`."""
    ports: list[int] = []
    for port in range(first, min(first + 10 * count + 100, 65536)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == count:
            return ports
    raise PoolError(f"no {count} free UDP ports from {first} up")


def public_port(host: str, port: int) -> int:
    """``port``, if it is free for UDP and TCP. Raises :class:`PoolError` that says which is not."""
    for name, kind in (("UDP", socket.SOCK_DGRAM), ("TCP", socket.SOCK_STREAM)):
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PoolError(f"{name} {host}:{port}: {error.strerror}") from None
    return port


def worker_config(settings: SipSettings, slot: Slot, socket_path: Path) -> WorkerConfig:
    """What the worker in ``slot`` is told when it starts."""
    trunk = settings.trunk
    credentials = (trunk.realm, trunk.user, trunk.password) if trunk.registrar else None
    proxy = "" if settings.single else f"127.0.0.1:{settings.internal_port}"
    return WorkerConfig(
        slot=slot.number,
        socket=str(socket_path),
        proxied=not settings.single,
        media_timeout_s=settings.media_timeout_s,
        stack=StackSettings(
            user=trunk.user if trunk.registrar else settings.number,
            domain=host_of(trunk.registrar),
            host=settings.host if settings.single else "127.0.0.1",
            port=slot.port,
            tcp=settings.single,
            proxy=proxy,
            rtp_host=settings.rtp_host,
            rtp_public_host=settings.rtp_public_host,
            rtp_port=settings.rtp_port + slot.number * settings.rtp_ports,
            rtp_ports=settings.rtp_ports,
            credentials=credentials,
        ),
    )
