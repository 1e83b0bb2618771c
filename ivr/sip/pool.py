"""The node's side of the SIP workers: starts them, replaces them, hands out their calls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec

from ivr.sip import messages as m
from ivr.sip import wire
from ivr.sip.pj import StackSettings, host_of
from ivr.sip.settings import SipSettings
from ivr.sip.worker import EXIT_PORT_IN_USE, WorkerConfig

log = logging.getLogger(__name__)

# A worker that dies younger than this did not get going: wait before trying again.
_INFANT_S = 2.0
_LONGEST_WAIT_S = 10.0
_LONGEST_SOCKET_PATH = 107
_REPEAT_S = 2.0
_HUNG_S = 8.0


class PoolError(Exception):
    """Workers cannot be started; the message says why."""


class WorkerCall:
    """One caller's worker, from ``Incoming`` to ``LegChanged(0, "ended")``."""

    def __init__(self, incoming: m.Incoming, send: Callable[[m.ToWorker], None]) -> None:
        self.incoming = incoming
        self._send = send
        self._messages: asyncio.Queue[m.FromWorker] = asyncio.Queue()
        self._told_end = False
        self.over = asyncio.Event()

    def send(self, message: m.ToWorker) -> None:
        """Tell the worker something; never blocks, nothing happens once the call is over."""
        if not self.over.is_set():
            self._send(message)

    async def recv(self) -> m.FromWorker | None:
        """The next message; the last one is ``LegChanged(0, "ended")``, after it None."""
        if self._told_end:
            return None
        message = await self._messages.get()
        self._told_end = _ends_call(message)
        return message

    async def __aiter__(self) -> AsyncIterator[m.FromWorker]:
        while (message := await self.recv()) is not None:
            yield message

    def put(self, message: m.FromWorker) -> None:
        """A message of the worker; for the pool."""
        if self.over.is_set():
            return
        self._messages.put_nowait(message)
        if _ends_call(message):
            self.over.set()


def _ends_call(message: m.FromWorker) -> bool:
    return isinstance(message, m.LegChanged) and message.leg == 0 and message.state == "ended"


OnCall = Callable[[WorkerCall], Awaitable[None]]


class _Slot:
    """A place for a worker: its port stays the same whoever fills it."""

    def __init__(self, number: int, port: int) -> None:
        self.number = number
        self.port = port
        self.pid = 0
        self.started = 0.0
        self.failures = 0
        self.calls = 0
        self.leaving = False
        self.talking = False
        self.heard_at = 0.0
        self.writer: asyncio.StreamWriter | None = None
        self.call: WorkerCall | None = None

    @property
    def free(self) -> bool:
        return self.writer is not None and self.call is None and not self.leaving

    def send(self, message: m.ToWorker) -> None:
        if self.writer is not None and not self.writer.is_closing():
            self.writer.write(wire.pack(message))


class WorkerPool:
    """Keeps ``max_calls + spare`` workers ready and gives every call to ``on_call``.

    ``on_call`` runs as a task of its own; when it returns or fails, the call is hung up if
    it is still there. ``told`` is called with (port, free) whenever a worker becomes free or
    busy, and for all of them again and again, for who hands the calls to them.
    Use as ``async with`` or call :meth:`start` and :meth:`close`.
    """

    def __init__(self, settings: SipSettings, on_call: OnCall) -> None:
        self._settings = settings
        self._on_call = on_call
        self._run_dir = Path(settings.run_dir).resolve()
        self._slots: list[_Slot] = []
        self._ready: dict[int, asyncio.Event] = {}
        self._by_pid: dict[int, _Slot] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: set[WorkerCall] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._forks: asyncio.subprocess.Process | None = None
        self._reports: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._repeater: asyncio.Task[None] | None = None
        self.told: Callable[[int, bool], None] = lambda port, free: None
        self._draining = False
        self._closing = False

    # --- life ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the workers and wait until they are ready. Raises :class:`PoolError`."""
        settings = self._settings
        self._run_dir.mkdir(parents=True, exist_ok=True)
        path = self._run_dir / f"workers-{os.getpid()}.sock"
        if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
            raise PoolError(f"run_dir {self._run_dir}: too long a path for a Unix socket")
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, path)
        path.chmod(0o600)
        self._socket = path
        if settings.single:
            ports = [settings.port]
        else:
            ports = _free_ports(settings.worker_port, settings.max_calls + settings.spare)
        self._slots = [_Slot(number, port) for number, port in enumerate(ports)]
        self._ready = {slot.number: asyncio.Event() for slot in self._slots}
        await self._start_forkserver()
        for slot in self._slots:
            self._fork(slot)
        waiting = [event.wait() for event in self._ready.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*waiting), 20.0)
        except TimeoutError:
            missing = sum(not event.is_set() for event in self._ready.values())
            await self.close()
            raise PoolError(f"{missing} of {len(self._slots)} SIP workers did not start") from None
        self._repeater = asyncio.create_task(self._repeat())
        log.info("%d workers ready", len(self._slots), extra={"action": "workers-ready"})

    async def drain(self, timeout_s: float | None = None) -> None:
        """Take no new call; return when those going on are over, or after ``timeout_s``."""
        self._draining = True
        for slot in self._slots:
            slot.send(m.Drain())
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    async def close(self) -> None:
        """End everything; calls that are still going on are hung up."""
        self._draining = self._closing = True
        if self._repeater is not None:
            self._repeater.cancel()
            await asyncio.wait([self._repeater])
        for slot in self._slots:
            slot.send(m.Drain())
            slot.send(m.HangUpLeg(0))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for task in self._tasks:
            task.cancel()
        await self._end_workers()
        if self._forks is not None:
            assert self._forks.stdin is not None
            self._forks.stdin.close()
            await self._forks.wait()
        if self._reports is not None:
            await asyncio.wait([self._reports])
        if self._server is not None:
            self._server.close()
        # A coroutine of the closed server's connections may still be reading its last bytes.
        if self._readers:
            await asyncio.wait(self._readers, timeout=2.0)
        if self._server is not None:
            await self._server.wait_closed()
            self._socket.unlink(missing_ok=True)

    async def __aenter__(self) -> WorkerPool:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def _end_workers(self) -> None:
        for patience in (1.0, 2.0):
            if self._by_pid:
                self._empty.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._empty.wait(), patience)
            for pid in tuple(self._by_pid):
                _kill(pid)

    # --- what the node asks --------------------------------------------------------------

    @property
    def ports(self) -> list[int]:
        """The workers' SIP ports on 127.0.0.1."""
        return [slot.port for slot in self._slots]

    @property
    def active(self) -> int:
        """How many calls are going on."""
        return len(self._calls)

    @property
    def free(self) -> int:
        """How many workers are waiting for a caller."""
        return sum(slot.free for slot in self._slots)

    def pid_of(self, call: WorkerCall) -> int:
        """Process id of the worker that holds ``call``, 0 if it is over."""
        return next((slot.pid for slot in self._slots if slot.call is call), 0)

    @property
    def pids(self) -> dict[int, int]:
        """Process ids of the living workers by port."""
        return {slot.port: slot.pid for slot in self._slots if slot.pid}

    def _tell(self, slot: _Slot) -> None:
        self.told(slot.port, slot.free)

    async def _repeat(self) -> None:
        while True:
            for slot in self._slots:
                self._tell(slot)
                if slot.talking and time.monotonic() - slot.heard_at > _HUNG_S:
                    # Sound comes many times a second for as long as a call is up.
                    log.error("worker hangs: killed", extra={"action": "worker-hangs"})
                    _kill(slot.pid)
            await asyncio.sleep(_REPEAT_S)

    # --- processes -----------------------------------------------------------------------

    async def _start_forkserver(self) -> None:
        self._forks = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ivr.sip.forkserver",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Ctrl-C on the node's terminal is for the node alone.
            start_new_session=True,
        )
        self._reports = asyncio.create_task(self._read_reports(self._forks))

    async def _read_reports(self, forks: asyncio.subprocess.Process) -> None:
        assert forks.stdout is not None
        async for line in forks.stdout:
            report: dict[str, int] = msgspec.json.decode(line)
            if "slot" in report:
                slot = self._slots[report["slot"]]
                slot.pid = report["pid"]
                slot.started = time.monotonic()
                self._by_pid[slot.pid] = slot
            else:
                self._exited(report["pid"], report["status"])
        if not self._closing:
            log.error("fork server died", extra={"action": "forkserver-died"})
            self._by_pid.clear()
            await self._start_forkserver()
            for slot in self._slots:
                if slot.writer is None:
                    self._fork(slot)

    def _fork(self, slot: _Slot) -> None:
        if self._closing or self._draining or self._forks is None or self._forks.stdin is None:
            return
        line = msgspec.json.encode(self._config(slot)) + b"\n"
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._forks.stdin.write(line)

    def _exited(self, pid: int, status: int) -> None:
        slot = self._by_pid.pop(pid, None)
        if not self._by_pid:
            self._empty.set()
        if slot is None or slot.pid != pid:
            return
        slot.pid = 0
        slot.calls = 0
        infant = time.monotonic() - slot.started < _INFANT_S and status != 0
        slot.failures = slot.failures + 1 if infant else 0
        if status != 0:
            why = "port in use" if status == EXIT_PORT_IN_USE else f"status {status}"
            log.error(
                "worker on port %d ended: %s", slot.port, why, extra={"action": "worker-died"}
            )
        wait = min(_LONGEST_WAIT_S, 0.5 * 2 ** (slot.failures - 1)) if slot.failures else 0.0
        asyncio.get_running_loop().call_later(wait, self._fork, slot)

    def _config(self, slot: _Slot) -> WorkerConfig:
        settings = self._settings
        trunk = settings.trunk
        credentials = (trunk.realm, trunk.user, trunk.password) if trunk.registrar else None
        proxy = "" if settings.single else f"127.0.0.1:{settings.internal_port}"
        return WorkerConfig(
            slot=slot.number,
            socket=str(self._socket),
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

    # --- messages ------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)
        slot: _Slot | None = None
        unpacker = wire.Unpacker(wire.from_worker)
        try:
            while data := await reader.read(65536):
                for message in unpacker.feed(data):
                    if isinstance(message, m.Hello):
                        slot = self._welcome(message, writer)
                    elif slot is not None:
                        self._receive(slot, message)
        except ConnectionResetError:
            # It left without reading our last words.
            pass
        except (ConnectionError, wire.WireError) as error:
            log.error("worker connection: %s", error, extra={"action": "worker-connection"})
        finally:
            writer.close()
            if slot is not None and slot.writer is writer:
                self._lost(slot)

    def _lost(self, slot: _Slot) -> None:
        slot.writer = None
        self._tell(slot)
        self._end_call(slot, m.LegChanged(0, "ended", reason="worker-died"))
        if slot.pid and slot.pid not in self._by_pid:
            # Child of a fork server that died before it: nobody else reports its end.
            slot.pid = 0
            self._fork(slot)

    def _welcome(self, hello: m.Hello, writer: asyncio.StreamWriter) -> _Slot:
        slot = self._slots[hello.slot]
        slot.writer = writer
        slot.leaving = slot.talking = False
        settings = self._settings
        prompt = str(Path(settings.fallback_prompt).resolve()) if settings.fallback_prompt else ""
        slot.send(m.Welcome(settings.fallback_uri, prompt))
        self._ready[slot.number].set()
        self._tell(slot)
        return slot

    def _receive(self, slot: _Slot, message: m.FromWorker) -> None:
        slot.heard_at = time.monotonic()
        slot.talking |= isinstance(message, m.Audio)
        if isinstance(message, m.Incoming):
            self._begin_call(slot, message)
        elif _ends_call(message):
            self._end_call(slot, message)
        elif slot.call is not None:
            slot.call.put(message)
        elif isinstance(message, m.WorkerFault):
            log.error("worker: %s", message.text, extra={"action": "worker-fault"})

    def _begin_call(self, slot: _Slot, incoming: m.Incoming) -> None:
        slot.calls += 1
        if self._draining or len(self._calls) >= self._settings.max_calls:
            log.warning("call refused: full", extra={"action": "call-refused"})
            slot.send(m.Reject(503, self._settings.retry_after_s))
            return
        call = slot.call = WorkerCall(incoming, slot.send)
        self._tell(slot)
        self._calls.add(call)
        task = asyncio.create_task(self._hold(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end_call(self, slot: _Slot, message: m.FromWorker) -> None:
        call, slot.call = slot.call, None
        slot.talking = False
        if call is not None:
            call.put(message)
            self._calls.discard(call)
        if slot.calls >= self._settings.calls_per_worker:
            slot.leaving = True
            slot.send(m.Drain())
        self._tell(slot)

    async def _hold(self, call: WorkerCall) -> None:
        try:
            await self._on_call(call)
        except Exception:
            log.exception("call failed", extra={"action": "call", "call": call.incoming.call_id})
        finally:
            call.send(m.HangUpLeg(0))
        await call.over.wait()


def _free_ports(first: int, count: int) -> list[int]:
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


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
