"""Runs Kamailio in front of the workers: its configuration, its start, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import msgspec

from ivr.sip.kamailio_config import configuration, private
from ivr.sip.options import ping
from ivr.sip.settings import SipSettings

log = logging.getLogger(__name__)

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_START_S = 10.0


class KamailioError(Exception):
    """Kamailio cannot be run; the message says why."""


def find_program(name: str) -> str:
    """Full path of the Kamailio program. Raises :class:`KamailioError`."""
    path = os.pathsep.join((os.environ.get("PATH", ""), _SBIN))
    found = shutil.which(name, path=path)
    if found is None:
        raise KamailioError(f"{name}: no such program; install the package kamailio")
    return found


async def check(program: str, config: Path) -> None:
    """Let Kamailio read its configuration. Raises :class:`KamailioError`."""
    process = await asyncio.create_subprocess_exec(
        find_program(program),
        *("-c", "-f", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise KamailioError(_reason(output.decode(errors="replace")))


def command(program: str, config: Path, run_dir: Path) -> list[str]:
    """What runs Kamailio in the foreground, with its log on standard error.

    Raises :class:`KamailioError`.
    """
    found = find_program(program)
    return [found, "-f", str(config), "-DD", "-E", "-m", "32", "-M", "4", "-Y", str(run_dir)]


class Kamailio:
    """Kamailio as a child of the node, started again if it ends by itself."""

    def __init__(self, settings: SipSettings, worker_ports: list[int]) -> None:
        self._settings = settings
        self._worker_ports = worker_ports
        run_dir = Path(settings.run_dir).resolve()
        self._config = run_dir / "kamailio.cfg"
        self._dispatcher = run_dir / "dispatcher.list"
        self._pid_file = run_dir / "kamailio.pid"
        self._log_file = run_dir / "kamailio.log"
        self._run_dir = run_dir
        self._rpc = WorkerStates(run_dir / "kamailio.sock")
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Process id of its main process, which leads their group; 0 if it is not running."""
        return self._process.pid if self._process is not None else 0

    @property
    def rpc(self) -> Path:
        """The socket that it takes orders at."""
        return self._rpc.path

    def tell(self, port: int, free: bool) -> None:
        """Tell it whether the worker on ``port`` is free; it may be told as often as wanted."""
        self._rpc.tell(port, free)

    def write(self) -> None:
        """Write configuration and list of workers into the run directory."""
        self._run_dir.mkdir(parents=True, exist_ok=True)
        workers = "".join(f"1 sip:127.0.0.1:{port}\n" for port in self._worker_ports)
        self._dispatcher.write_text(workers, encoding="utf-8")
        private(self._config, configuration(self._settings, self._dispatcher, self._rpc.path))

    async def check(self) -> None:
        """Let Kamailio read the configuration. Raises :class:`KamailioError`."""
        await check(self._settings.kamailio, self._config)

    async def start(self) -> None:
        """Write, check and run; return when it answers. Raises :class:`KamailioError`."""
        self.write()
        await self.check()
        await self.end_stale()
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it and everything it has started."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._process is not None:
            await _end_group(self._process.pid)
            await self._process.wait()
            self._process = None
        self._rpc.close()
        self._pid_file.unlink(missing_ok=True)

    async def end_stale(self) -> None:
        """End the Kamailio that a killed node has left behind in this run directory."""
        pid = self._stale_pid()
        if pid:
            log.warning("ending a stale Kamailio", extra={"action": "kamailio-stale"})
            await _end_group(pid)

    def _stale_pid(self) -> int:
        """The process in the pid file, if it is still a Kamailio with our configuration."""
        try:
            pid = int(self._pid_file.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return 0
        return pid if str(self._config).encode() in command else 0

    async def _spawn(self) -> None:
        arguments = command(self._settings.kamailio, self._config, self._run_dir)
        with self._log_file.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._pid_file.write_text(str(self._process.pid))
        until = time.monotonic() + _START_S
        while not await self._answers():
            if self._process.returncode is not None or time.monotonic() > until:
                tail = self._log_file.read_text(errors="replace")[-4000:]
                await _end_group(self._process.pid)
                raise KamailioError(_reason(tail))
        log.info("Kamailio is up", extra={"action": "kamailio-up"})

    async def _answers(self) -> bool:
        """Whether it answers OPTIONS on its loopback port or, if allowed, the public one."""
        if self._process is None or self._process.returncode is not None:
            return False
        return await ping("127.0.0.1", self._settings.internal_port, timeout_s=0.2)

    async def _keep(self) -> None:
        wait = 0.5
        while True:
            assert self._process is not None
            code = await self._process.wait()
            log.error("Kamailio ended with %s", code, extra={"action": "kamailio-died"})
            await _end_group(self._process.pid)
            try:
                await self._spawn()
                wait = 0.5
            except KamailioError as error:
                log.error("Kamailio: %s", error, extra={"action": "kamailio-failed"})
                await asyncio.sleep(wait)
                wait = min(10.0, wait * 2)


class WorkerStates:
    """Tells Kamailio over its RPC socket which workers are free. What gets lost does no harm.

    A worker wrongly taken for free says 486 and the next is tried; the pool repeats itself, so
    none stays taken for busy.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket: socket.socket | None = None

    def tell(self, port: int, free: bool) -> None:
        """Make the worker on ``port`` eligible for new calls, or not."""
        order = {
            "jsonrpc": "2.0",
            "method": "dispatcher.set_state",
            "params": ["a" if free else "d", 1, f"sip:127.0.0.1:{port}"],
        }
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
        with contextlib.suppress(OSError):
            self._socket.sendto(msgspec.json.encode(order), str(self.path))

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


async def _end_group(pid: int) -> None:
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 1.0)):
        try:
            os.killpg(pid, number)
        except (ProcessLookupError, PermissionError):
            return
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not _group_lives(pid):
                return
            await asyncio.sleep(0.02)


def _group_lives(pgid: int) -> bool:
    """Whether a process of the group is still running; a dead one not yet reaped does not count."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == pgid and fields[0] != "Z":
                    return True
    return False


def _reason(output: str) -> str:
    """The first line that says what is wrong."""
    lines = [line for line in output.splitlines() if "ERROR" in line or "CRITICAL" in line]
    return (lines or output.splitlines() or ["it says nothing"])[0].strip()
