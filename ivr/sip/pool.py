"""The node's side of the SIP workers: starts them, replaces them, hands out their calls."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ivr.sip import messages as m
from ivr.sip import wire
from ivr.sip.forks import Forks, kill
from ivr.sip.invite import new_call_id
from ivr.sip.processes import EXIT_PORT_IN_USE
from ivr.sip.settings import SipSettings
from ivr.sip.slots import PoolError, Slot, free_ports, public_port, worker_config
from ivr.sip.worker_call import OnCall, WorkerCall, ends_call

__all__ = ["OnCall", "PoolError", "WorkerCall", "WorkerPool", "worker_socket"]

log = logging.getLogger(__name__)

# A worker that dies younger than this did not get going: wait before trying again.
# Where an ``Incoming`` comes from that the hotline has rung itself.
OUTGOING = "outgoing"
_INFANT_S = 2.0
_LONGEST_WAIT_S = 10.0
_LONGEST_SOCKET_PATH = 107
_REPEAT_S = 2.0
_HUNG_S = 8.0
_START_S = 20.0
_LAST_WORDS_S = 5.0


def worker_socket(run_dir: Path, pid: int) -> Path:
    """The Unix socket at which process ``pid`` meets its workers. Raises :class:`PoolError`."""
    path = run_dir.resolve() / f"workers-{pid}.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise PoolError(f"run_dir {run_dir}: too long a path for a Unix socket")
    return path


class WorkerPool:
    """Keeps ``max_calls + spare`` workers ready and gives every call to ``on_call``.

    ``on_call`` runs as a task of its own; when it returns or fails, the call is hung up if
    it is still there. ``told`` is called with (port, free) whenever a worker becomes free or
    busy, and for all of them again and again, for who hands the calls to them; ``turned_away``
    with each caller who is refused because every line is taken (by the pool or before it).
    Use as ``async with`` or call :meth:`start` and :meth:`close`.
    """

    def __init__(self, settings: SipSettings, on_call: OnCall) -> None:
        self._settings = settings
        self._on_call = on_call
        self._run_dir = Path(settings.run_dir).resolve()
        self._slots: list[Slot] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._calls: set[WorkerCall] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._forks = Forks(self)
        self._repeater: asyncio.Task[None] | None = None
        self.told: Callable[[int, bool], None] = lambda port, free: None
        self.turned_away: Callable[[m.Incoming], None] = lambda incoming: None
        self._draining = False

    # --- life ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the workers and wait until they are ready. Raises :class:`PoolError`.

        Nothing is left behind by a start that fails or is cancelled.
        """
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> None:
        settings = self._settings
        self._run_dir.mkdir(parents=True, exist_ok=True)
        path = worker_socket(self._run_dir, os.getpid())
        if settings.single:
            ports = [public_port(settings.host, settings.port)]
        else:
            ports = free_ports(settings.worker_port, settings.max_calls + settings.spare)
        path.unlink(missing_ok=True)
        self._socket = path
        self._server = await asyncio.start_unix_server(self._connected, path)
        path.chmod(0o600)
        self._slots = [Slot(number, port) for number, port in enumerate(ports)]
        await self._forks.start()
        for slot in self._slots:
            self._fork(slot)
        try:
            async with asyncio.timeout(_START_S):
                for slot in self._slots:
                    await slot.ready.wait()
        except TimeoutError:
            missing = sum(not slot.ready.is_set() for slot in self._slots)
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
        self._draining = True
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
        if self._tasks:
            # A call that is cancelled still files what it has taken down.
            await asyncio.wait(self._tasks, timeout=_LAST_WORDS_S)
        await self._forks.close()
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

    def originate(
        self,
        uri: str,
        number: str,
        on_call: OnCall,
        *,
        timeout_s: float = 30.0,
        headers: Mapping[str, str] | None = None,
        lasting: bool = False,
    ) -> WorkerCall | None:
        """Ring ``number`` at ``uri``; None if no worker is free for that.

        The call goes to ``on_call`` at once, before anybody has answered. One worker is always
        left for who calls in.
        """
        free = [slot for slot in self._slots if slot.free]
        if self._draining or len(free) < 2 or len(self._calls) >= self._settings.max_calls:
            return None
        slot = free[-1]
        incoming = m.Incoming(new_call_id(), number, self._settings.number, OUTGOING)
        call = self._take_up(slot, incoming, on_call)
        slot.send(m.Originate(incoming.call_id, uri, timeout_s, dict(headers or {}), lasting))
        return call

    def _tell(self, slot: Slot) -> None:
        self.told(slot.port, slot.free)

    async def _repeat(self) -> None:
        while True:
            for slot in self._slots:
                self._tell(slot)
                if slot.talking and time.monotonic() - slot.heard_at > _HUNG_S:
                    # Sound comes many times a second for as long as a call is up.
                    log.error("worker hangs: killed", extra={"action": "worker-hangs"})
                    kill(slot.pid)
            await asyncio.sleep(_REPEAT_S)

    # --- processes -----------------------------------------------------------------------

    def worker_started(self, slot: int, pid: int) -> None:
        """See :class:`ivr.sip.forks.ForkWatcher`."""
        self._slots[slot].pid = pid
        self._slots[slot].started = time.monotonic()

    def worker_exited(self, pid: int, status: int) -> None:
        """See :class:`ivr.sip.forks.ForkWatcher`."""
        slot = next((slot for slot in self._slots if slot.pid == pid), None)
        if slot is None:
            return
        slot.pid = 0
        slot.calls = 0
        infant = time.monotonic() - slot.started < _INFANT_S and status != 0
        slot.failures = slot.failures + 1 if infant else 0
        if status != 0:
            why = "port in use" if status == EXIT_PORT_IN_USE else f"status {status}"
            extra = {"action": "worker-died"}
            log.error("worker on port %d ended: %s", slot.port, why, extra=extra)
        wait = min(_LONGEST_WAIT_S, 0.5 * 2 ** (slot.failures - 1)) if slot.failures else 0.0
        asyncio.get_running_loop().call_later(wait, self._fork, slot)

    def forks_lost(self) -> None:
        """See :class:`ivr.sip.forks.ForkWatcher`."""
        for slot in self._slots:
            if slot.writer is None:
                self._fork(slot)

    def _fork(self, slot: Slot) -> None:
        if not self._draining:
            self._forks.fork(worker_config(self._settings, slot, self._socket))

    # --- messages ------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        task.add_done_callback(self._readers.discard)
        slot: Slot | None = None
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

    def _lost(self, slot: Slot) -> None:
        slot.writer = None
        self._tell(slot)
        self._end_call(slot, m.LegChanged(0, "ended", reason="worker-died"))
        if slot.pid and slot.pid not in self._forks.pids:
            # Child of a fork server that died before it: nobody else reports its end.
            slot.pid = 0
            self._fork(slot)

    def _welcome(self, hello: m.Hello, writer: asyncio.StreamWriter) -> Slot:
        slot = self._slots[hello.slot]
        slot.writer = writer
        slot.leaving = slot.talking = False
        settings = self._settings
        prompt = str(Path(settings.fallback_prompt).resolve()) if settings.fallback_prompt else ""
        slot.send(m.Welcome(settings.fallback_uri, prompt))
        slot.ready.set()
        self._tell(slot)
        return slot

    def _receive(self, slot: Slot, message: m.FromWorker) -> None:
        slot.heard_at = time.monotonic()
        slot.talking |= isinstance(message, m.Audio)
        if isinstance(message, m.Incoming):
            self._begin_call(slot, message)
        elif isinstance(message, m.NotFree):
            call = slot.call
            if call is not None and call.incoming.call_id == message.call_id:
                self._not_free(slot, call)
        elif ends_call(message):
            self._end_call(slot, message)
        elif slot.call is not None:
            slot.call.put(message)
        elif isinstance(message, m.WorkerFault):
            log.error("worker: %s", message.text, extra={"action": "worker-fault"})

    def _begin_call(self, slot: Slot, incoming: m.Incoming) -> None:
        slot.calls += 1
        if self._draining or len(self._calls) >= self._settings.max_calls:
            log.warning("call refused: full", extra={"action": "call-refused"})
            slot.send(m.Reject(503, self._settings.retry_after_s))
            self.turned_away(incoming)
            return
        if slot.call is not None:
            # The worker was being told to ring somebody when its caller came: the caller stays.
            self._not_free(slot, slot.call)
        self._take_up(slot, incoming, self._on_call)

    def _take_up(self, slot: Slot, incoming: m.Incoming, on_call: OnCall) -> WorkerCall:
        call = slot.call = WorkerCall(incoming, slot.send)
        self._tell(slot)
        self._calls.add(call)
        task = asyncio.create_task(self._hold(call, on_call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return call

    def _not_free(self, slot: Slot, call: WorkerCall) -> None:
        call.put(m.LegChanged(0, "ended", 491, "not-free"))
        self._calls.discard(call)
        if slot.call is call:
            slot.call = None
            self._tell(slot)

    def _end_call(self, slot: Slot, message: m.FromWorker) -> None:
        call, slot.call = slot.call, None
        slot.talking = False
        if call is not None:
            call.put(message)
            self._calls.discard(call)
        if slot.calls >= self._settings.calls_per_worker:
            slot.leaving = True
            slot.send(m.Drain())
        self._tell(slot)

    async def _hold(self, call: WorkerCall, on_call: OnCall) -> None:
        try:
            await on_call(call)
        except Exception:
            log.exception("call failed", extra={"action": "call", "call": call.incoming.call_id})
        finally:
            call.send(m.HangUpLeg(0))
        await call.over.wait()
        call.done.set()
