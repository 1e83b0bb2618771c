"""Run-time speech for text that nobody could record: pyttsx3 behind a guarded process.

One job at a time, each within a time limit; a process that does not answer is killed and
replaced, and the job tried once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import logging
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from ivr.speech import levels
from ivr.speech.cache import WavCache
from ivr.speech.errors import TtsFailed, UnusableWav
from ivr.speech.pcm import Pcm, load_wav, read_own, silence, to_float, to_pcm

log = logging.getLogger(__name__)

# espeak-ng's durations go wrong in long texts, and very long ones hang it.
LONGEST_JOB = 180
# What is read back to callers is personal: on the way through it stays in memory.
_MEMORY = Path("/dev/shm")
_SCRATCH = "hotline-tts-"
_START_LIMIT_S = 15.0
_TRIES = 2
_JOIN_MS = 150
_STOPS = re.compile(r"(?<=[。！？；])|(?<=[，、：])")


class _Dead(Exception):
    """The process has ended or does not answer."""


class Tts:
    """``await speak(text)`` gives a WAV file of the text, in 8 kHz, from the cache if possible.

    ``limit_s`` bounds one job of the process. After a text that failed twice, nothing is tried
    for ``rest_s`` seconds, so that callers do not wait for a voice that is not there. All
    calls share one instance.
    """

    def __init__(
        self,
        cache: WavCache,
        voice: str = "cmn",
        rate: int = 160,
        limit_s: float = 3.0,
        rest_s: float = 10.0,
    ) -> None:
        self._cache = cache
        self._voice = voice
        self._rate = rate
        self._limit_s = limit_s
        self._rest_s = rest_s
        self._resting_until = 0.0
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._folder: Path | None = None
        self._numbers = itertools.count(1)

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and alive else None

    async def start(self) -> None:
        """Start the process ahead of its first job; raises :class:`TtsFailed`."""
        async with self._lock:
            try:
                await self._ready()
            except (_Dead, OSError) as error:
                raise TtsFailed(f"合成语音进程无法启动：{error}") from error

    async def close(self) -> None:
        """End the process and remove its scratch files."""
        async with self._lock:
            await self._kill()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    async def speak(self, text: str) -> Path:
        """The file; raises :class:`TtsFailed`, or OSError when the cache cannot be written."""
        key = self.key(text)
        found = self._cache.get(key)
        if found is None:
            pcm = await self.samples(text)
            found = await asyncio.to_thread(self._cache.put, key, pcm)
        return found

    def key(self, text: str) -> str:
        """Identifies what would be heard: text, voice and rate."""
        said = f"tts 1\n{self._voice}\n{self._rate}\n{text}"
        return hashlib.sha256(said.encode()).hexdigest()

    async def samples(self, text: str) -> Pcm:
        """The speech itself, from the cache if it is there; nothing is stored."""
        kept = self._cache.get(self.key(text))
        if kept is not None:
            with contextlib.suppress(OSError):
                return read_own(kept)
        parts: list[Pcm] = []
        for piece in split(text):
            if parts:
                parts.append(silence(_JOIN_MS))
            parts.append(await self._piece(piece))
        if not parts:
            raise TtsFailed("没有可以念的文字")
        return np.concatenate(parts)

    async def _piece(self, text: str) -> Pcm:
        clock = asyncio.get_running_loop()
        async with self._lock:
            if clock.time() < self._resting_until:
                raise TtsFailed("合成语音暂停使用")
            for attempt in range(1, _TRIES + 1):
                try:
                    return await self._job(text)
                except (_Dead, OSError) as error:
                    await self._kill()
                    log.warning(
                        "run-time speech failed (attempt %d): %s",
                        attempt,
                        error,
                        extra={"action": "tts_worker_replaced"},
                    )
            self._resting_until = clock.time() + self._rest_s
            raise TtsFailed(f"合成语音失败（{_TRIES} 次）")

    async def _job(self, text: str) -> Pcm:
        process, folder = await self._ready()
        number = next(self._numbers)
        path = folder / f"{number}.wav"
        job = {"id": number, "text": text, "path": str(path)}
        assert process.stdin is not None
        process.stdin.write(json.dumps(job, ensure_ascii=False).encode() + b"\n")
        answer = await self._answer(process, number, self._limit_s)
        if "error" in answer:
            raise _Dead(str(answer["error"]))
        try:
            speech = await asyncio.to_thread(load_wav, path)
        except UnusableWav as error:
            raise _Dead(error.cause) from error
        finally:
            path.unlink(missing_ok=True)
        return to_pcm(levels.normalise(levels.trim(to_float(speech), 20, 60)))

    async def _ready(self) -> tuple[asyncio.subprocess.Process, Path]:
        if self._folder is None:
            self._folder = _scratch()
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ivr.speech.pyttsx3_worker",
                self._voice,
                str(self._rate),
                str(self._folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
            await self._answer(self._process, 0, _START_LIMIT_S)
        return self._process, self._folder

    async def _answer(
        self, process: asyncio.subprocess.Process, number: int, limit_s: float
    ) -> dict[str, object]:
        """The answer to job ``number``; those of jobs that nobody waits for are passed over."""
        assert process.stdout is not None
        try:
            async with asyncio.timeout(limit_s):
                while line := await process.stdout.readline():
                    answer: dict[str, object] = json.loads(line)
                    if answer["id"] == number:
                        return answer
        except TimeoutError:
            raise _Dead(f"no answer within {limit_s:g} s") from None
        raise _Dead("the process ended")

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def _scratch() -> Path:
    """A new folder of this process; what processes that were killed left behind goes."""
    parent = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    for folder in parent.glob(f"{_SCRATCH}*"):
        owner = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-", dir=parent))


def split(text: str) -> list[str]:
    """Cut at punctuation, and where there is none by length, into jobs that are safe."""
    jobs: list[str] = []
    for clause in _STOPS.split(text):
        for start in range(0, len(clause), LONGEST_JOB):
            part = clause[start : start + LONGEST_JOB]
            if jobs and len(jobs[-1]) + len(part) <= LONGEST_JOB:
                jobs[-1] += part
            elif part.strip():
                jobs.append(part)
    return jobs
