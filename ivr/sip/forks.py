"""The node's side of the fork server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import Protocol

import msgspec

from ivr.sip.processes import WorkerConfig

log = logging.getLogger(__name__)


class ForkWatcher(Protocol):
    """Told what becomes of the workers."""

    def worker_started(self, slot: int, pid: int) -> None:
        """A worker was forked."""

    def worker_exited(self, pid: int, status: int) -> None:
        """A worker has ended; a negative status is the signal that ended it."""

    def forks_lost(self) -> None:
        """A new fork server has taken the place of a dead one, which knew of its workers."""


class Forks:
    """Has workers forked, and started again itself should it die."""

    def __init__(self, watcher: ForkWatcher) -> None:
        self._watcher = watcher
        self._process: asyncio.subprocess.Process | None = None
        self._reports: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._closing = False
        self.pids: set[int] = set()

    async def start(self) -> None:
        """Start the fork server."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ivr.sip.forkserver",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C on the node's terminal is for the node alone.
            start_new_session=True,
        )
        self._reports = asyncio.create_task(self._read(self._process))

    def fork(self, config: WorkerConfig) -> None:
        """Ask for a worker; nothing happens once the fork server is being closed."""
        if self._closing or self._process is None or self._process.stdin is None:
            return
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(msgspec.json.encode(config) + b"\n")

    async def close(self) -> None:
        """Wait a moment for the workers to leave, kill those that do not, and end."""
        self._closing = True
        for patience in (1.0, 2.0):
            if self.pids:
                self._empty.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._empty.wait(), patience)
            for pid in tuple(self.pids):
                kill(pid)
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await self._process.wait()
        if self._reports is not None:
            await asyncio.wait([self._reports])

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            report: dict[str, int] = msgspec.json.decode(line)
            if "slot" in report:
                self.pids.add(report["pid"])
                self._watcher.worker_started(report["slot"], report["pid"])
            else:
                self.pids.discard(report["pid"])
                if not self.pids:
                    self._empty.set()
                self._watcher.worker_exited(report["pid"], report["status"])
        if not self._closing:
            log.error("fork server died", extra={"action": "forkserver-died"})
            await process.wait()
            self.pids.clear()
            await self.start()
            self._watcher.forks_lost()


def kill(pid: int) -> None:
    """End a process at once, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
