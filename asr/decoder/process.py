"""The decoder process as the node sees it: started, watched, started again.

A recogniser is native code fed with strangers' voices, so it lives in a process of its own.
When that process ends, every utterance in progress fails with
:class:`~asr.engine.DecoderUnavailable`, subscribers are told, and a new process is started
after a wait that doubles from failure to failure.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from asr.decoder.link import Link, LinkStream
from asr.decoder.messages import Broken, Load, Ready
from asr.engine import DecoderStream, DecoderUnavailable, Level, ModelError, Strain
from asr.engines import check_model, engine_of
from asr.model_files import explain
from asr.selection import default_model_dir
from asr.settings import AsrSettings

log = logging.getLogger(__name__)

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 30.0
_STABLE_S = 60.0
_ROOT = Path(__file__).resolve().parents[2]


class DecoderProcess:
    """A supervised decoder process; implements :class:`asr.engine.Decoder`.

    Everything is called from one event loop. Where the settings name no model, the one
    selected in ``data_dir`` is used, or else the shipped one.
    """

    def __init__(self, settings: AsrSettings | None = None, data_dir: Path | None = None) -> None:
        self._settings = settings or AsrSettings()
        named = self._settings.model
        self.model = Path(named) if named else default_model_dir(data_dir)
        self._link: Link | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._subscribers: list[Callable[[bool], None]] = []
        self._stderr: deque[str] = deque(maxlen=200)
        self._stderr_task: asyncio.Task[None] | None = None
        self._told = False
        self.restarts = 0
        self.strain = Strain()

    @property
    def available(self) -> bool:
        """Whether the process is up with its model loaded, and keeps pace with the callers."""
        return self._link is not None and self.strain.level < Level.KEYS

    @property
    def pid(self) -> int | None:
        """The present process's id."""
        return self._process.pid if self._process is not None else None

    def subscribe(self, on_change: Callable[[bool], None]) -> Callable[[], None]:
        """Call ``on_change(available)`` at each change; returns the way to stop that."""
        self._subscribers.append(on_change)

        def stop() -> None:
            with contextlib.suppress(ValueError):
                self._subscribers.remove(on_change)

        return stop

    def open(self, on_partial: Callable[[str], None], phrases: Sequence[str] = ()) -> DecoderStream:
        """Start an utterance. Raises :class:`DecoderUnavailable` when the process is down."""
        if self._link is None:
            raise DecoderUnavailable("recognition is being restarted")
        if self.strain.level >= Level.KEYS:
            raise DecoderUnavailable("recognition cannot keep pace")
        timeout_s = self._settings.final_timeout_s
        return LinkStream(self._link, on_partial, timeout_s, self._stuck, phrases)

    async def start(self) -> None:
        """Start the process and wait until its model has decoded the probe.

        Raises :class:`ModelError` when it cannot; there is no second attempt then, until
        ``start`` is called again.
        """
        if self._watcher is not None:
            return
        await self._launch()
        self._watcher = asyncio.create_task(self._watch(), name="decoder-watch")

    async def close(self) -> None:
        """End the process; utterances in progress fail."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        await self._stop()
        self._tell()

    async def _launch(self) -> None:
        engine = engine_of(self.model, self._settings.engine)
        check_model(engine, self.model)
        ours, theirs = socket.socketpair()
        self._stderr.clear()
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "asr.decoder",
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                env=_environment(),
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._stderr_task = asyncio.create_task(self._drain_stderr(self._process))
        loop = asyncio.get_running_loop()
        _, link = await loop.create_connection(partial(Link, self._pressed), sock=ours)
        settings = self._settings
        link.send(
            Load(
                str(self.model),
                settings.decode_threads(),
                settings.alternatives,
                settings.spare_streams,
                settings.max_lag_s,
                engine,
            )
        )
        try:
            answer = await asyncio.wait_for(link.first, settings.load_timeout_s)
        except (DecoderUnavailable, TimeoutError) as error:
            timed_out = isinstance(error, TimeoutError)
            await self._stop()
            ending = "the recogniser took too long" if timed_out else "the recogniser crashed"
            raise ModelError(explain(self.model, "\n".join(self._stderr), ending)) from error
        except BaseException:
            await self._stop()
            raise
        if isinstance(answer, Broken):
            await self._stop()
            raise ModelError(
                explain(self.model, "\n".join(self._stderr), "")
                if any(line.startswith("ERROR") for line in self._stderr)
                else answer.text
            )
        assert isinstance(answer, Ready)
        self._link = link
        self.strain = Strain()
        log.info("decoder ready in %.1f s", answer.load_s, extra={"action": "decoder_ready"})
        self._tell()

    async def _watch(self) -> None:
        """Start the process again whenever it has ended."""
        loop = asyncio.get_running_loop()
        wait = _FIRST_WAIT_S
        while True:
            started = loop.time()
            if self._link is not None:
                await self._link.lost.wait()
                self._link = None
                self._tell()
                await self._stop()
                log.error("decoder process ended", extra={"action": "decoder_lost"})
                if loop.time() - started > _STABLE_S:
                    wait = _FIRST_WAIT_S
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)
            self.restarts += 1
            try:
                await self._launch()
            except (ModelError, OSError) as error:
                log.error("decoder not started: %s", error, extra={"action": "decoder_failed"})

    def _stuck(self) -> None:
        """A final result did not come in time: end the process, which starts a new one."""
        if self._process is not None and self._process.returncode is None:
            log.error("decoder process is stuck", extra={"action": "decoder_stuck"})
            self._process.kill()

    async def _stop(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()
        process = self._process
        if process is not None:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
        if self._stderr_task is not None:
            await self._stderr_task
            self._stderr_task = None
        self._process = None

    async def _drain_stderr(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        with contextlib.suppress(ValueError):
            async for line in process.stderr:
                text = line.decode(errors="replace").rstrip()
                self._stderr.append(text)

    def _pressed(self, strain: Strain) -> None:
        before, self.strain = self.strain.level, strain
        if strain.level == before:
            return
        log.log(
            logging.WARNING if strain.level > before else logging.INFO,
            "recognition is %.1f s behind: level %s",
            strain.lag_s,
            strain.level.name,
            extra={"action": "decoder_level"},
        )
        self._tell()

    def _tell(self) -> None:
        available = self.available
        if available == self._told:
            return
        self._told = available
        for on_change in tuple(self._subscribers):
            try:
                on_change(available)
            except Exception:
                log.exception("a subscriber failed", extra={"action": "decoder_subscriber"})


def _environment() -> dict[str, str]:
    """This process's environment, with the project importable and one BLAS thread a decode."""
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
