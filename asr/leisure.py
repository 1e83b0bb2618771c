"""Transcribing a recording when nobody waits for it: lowest priority, can be paused.

The work is done by a process of its own (:mod:`asr.isolated`), so that neither a crash nor its
processor time touches live calls. A pause stops that process on the spot (SIGSTOP); it dies with
the process that started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from asr.audio_file import AudioFileError
from asr.engine import ModelError
from asr.isolated import Told
from asr.model_files import explain
from asr.settings import ListenSettings
from asr.transcribe import Transcript

_ROOT = Path(__file__).resolve().parents[1]
_LONGEST_LINE = 64 * 1024 * 1024
_LOOK_S = 0.5


class LeisurelyTranscriber:
    """Transcribes one recording at a time. Everything is called from one event loop."""

    def __init__(
        self, model: Path, settings: ListenSettings | None = None, alternatives: int = 5
    ) -> None:
        self._model = model
        self._settings = settings or ListenSettings()
        self._alternatives = alternatives
        self._process: asyncio.subprocess.Process | None = None
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether it is told to wait."""
        return self._paused

    @property
    def pid(self) -> int | None:
        """The process at work, None between two recordings."""
        return self._process.pid if self._process is not None else None

    def pause(self) -> None:
        """Take no processor time until :meth:`resume`."""
        if not self._paused:
            self._paused = True
            self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        if self._paused:
            self._paused = False
            self._signal(signal.SIGCONT)

    async def transcribe(self, path: Path, limit_s: float) -> Transcript:
        """Every channel of a recording. Cancelling it ends the process.

        Raises :class:`ModelError`, also when it took more than ``limit_s`` seconds without the
        pauses, and :class:`asr.audio_file.AudioFileError`.
        """
        if self._process is not None:
            raise RuntimeError("one recording at a time")
        how = msgspec.json.encode(self._settings).decode()
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "asr.isolated",
            "at-leisure",
            str(self._model),
            str(path),
            how,
            str(self._alternatives),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.getenv("PYTHONPATH")])),
                "OMP_NUM_THREADS": "1",
            },
        )
        if self._paused:
            self._signal(signal.SIGSTOP)
        reading = asyncio.create_task(_read(process))
        try:
            worked = 0.0
            while worked < limit_s:
                done, _ = await asyncio.wait([reading], timeout=_LOOK_S)
                if done:
                    break
                worked += 0.0 if self._paused else _LOOK_S
            else:
                raise ModelError(f"{path}: transcribing it took more than {limit_s:.0f} s")
            last, log = reading.result()
        finally:
            reading.cancel()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            self._process = None
        if last.audio_error:
            raise AudioFileError(last.audio_error)
        if last.model_error:
            raise ModelError(last.model_error)
        if last.transcript is None:
            raise ModelError(explain(self._model, log, "the recogniser crashed"))
        return last.transcript

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


async def _read(process: asyncio.subprocess.Process) -> tuple[Told, str]:
    """The last thing that the child told, and what it wrote to standard error."""
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    last = Told()
    try:
        async for raw in process.stdout:
            last = msgspec.json.decode(raw, type=Told)
        await process.wait()
        return last, (await errors).decode(errors="replace")
    finally:
        errors.cancel()
