"""From the pieces of a ``Play`` to one WAV file that a telephone can be sent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from pathlib import Path

import msgspec
import numpy as np

from flows.commands import AnySpeech, Digits, Pause, Say, Text
from ivr.speech import reading
from ivr.speech.cache import WavCache
from ivr.speech.errors import PromptMissing, SpeechError, TtsFailed
from ivr.speech.joining import AnyPiece, Joiner, Recorded, Silence, Unrecorded
from ivr.speech.pace import bounded, paced
from ivr.speech.pcm import Pcm, milliseconds, silence
from ivr.speech.prompts import PromptLibrary, Recording
from ivr.speech.settings import SpeechSettings
from ivr.speech.tts import Tts

log = logging.getLogger(__name__)

_MEMORY = Path("/dev/shm")
_MEMORY_LIMIT = 16 << 20
_MEMORY_DAYS = 1 / 24
_LONGEST_PAUSE_MS = 10_000


class Spoken(msgspec.Struct, frozen=True):
    """Something ready to be played.

    ``path`` is an 8 kHz mono s16 WAV lasting ``ms``; ``text`` is what is said, for the
    transcript; ``unsaid`` are the words that had to be left out because the run-time voice
    failed (empty when all was well).
    """

    path: Path
    text: str
    ms: int
    unsaid: tuple[str, ...] = ()


class _Part(msgspec.Struct, frozen=True):
    """Samples, what identifies them, and what could not be said in their place."""

    pcm: Pcm
    identity: str
    unsaid: str = ""


class Speaker:
    """Turns speech into files. One for the whole node; :meth:`close` ends its voice process."""

    def __init__(self, library: PromptLibrary, cache: WavCache, tts: Tts) -> None:
        self.library = library
        self._cache = cache
        self._tts = tts
        self._joiner = Joiner(library.words())
        # Takes over when the disk is full: callers must not fall silent over a cache.
        self._memory = WavCache(_memory_folder(), _MEMORY_LIMIT, days=_MEMORY_DAYS)

    @classmethod
    def open(cls, settings: SpeechSettings, library: PromptLibrary, cache_dir: Path) -> Speaker:
        """Put one together; ``cache_dir`` is used unless the settings name another."""
        directory = settings.cache_dir or cache_dir
        cache = WavCache(directory, settings.cache_mb << 20, settings.cache_days)
        tts = Tts(cache, settings.voice, settings.rate, settings.tts_limit_s)
        return cls(library, cache, tts)

    async def start(self) -> None:
        """Start the voice process so that the first caller does not wait for it.

        A voice that does not start is logged: the line opens, on recordings alone.
        """
        try:
            await self._tts.start()
        except TtsFailed as error:
            log.error("%s", error, extra={"action": "tts_unavailable"})

    async def close(self) -> None:
        """End the voice process."""
        await self._tts.close()

    def with_library(self, library: PromptLibrary) -> Speaker:
        """The same voice with other prompts; only one of the two needs to be closed."""
        return Speaker(library, self._cache, self._tts)

    async def compose(self, pieces: tuple[AnySpeech, ...], pace: float = 1.0) -> Spoken:
        """One file that says ``pieces``; ``pace`` below 1 says it slower, in the same pitch.

        What the run-time voice fails on is left out, logged and named in ``unsaid``. Raises
        :class:`PromptMissing` for an unknown prompt, :class:`SpeechError` when nothing at all
        could be said or no file could be written.
        """
        text = self.transcript(pieces)
        if len(pieces) == 1 and isinstance(pieces[0], Say) and pace == 1.0:
            whole = self._as_it_is(pieces[0].prompt)
            if whole is not None:
                return Spoken(whole[0], text, whole[1])
        parts = [part for piece in pieces for part in await self._piece(piece)]
        unsaid = tuple(part.unsaid for part in parts if part.unsaid)
        if not any(len(part.pcm) for part in parts):
            raise SpeechError("没有可以播放的内容")
        pcm = np.concatenate([part.pcm for part in parts])
        key = hashlib.sha256("\n".join(part.identity for part in parts).encode()).hexdigest()
        if pace != 1.0:
            key = f"{key}-{bounded(pace)}"
            pcm = await asyncio.to_thread(paced, pcm, pace)
        path = await self._store(key, pcm)
        return Spoken(path, text, milliseconds(pcm), unsaid)

    def transcript(self, pieces: tuple[AnySpeech, ...]) -> str:
        """What is said, as people read it."""
        said: list[str] = []
        for piece in pieces:
            match piece:
                case Say(prompt):
                    said.append(self.library.text(prompt))
                case Text(text) | Digits(text):
                    said.append(text)
        return "".join(said)

    def _as_it_is(self, prompt: str) -> tuple[Path, int] | None:
        """A shipped recording needs no joining, and no disk."""
        recording = self._recording(prompt)
        if recording is None or recording.path is None:
            return None
        return recording.path, recording.ms

    def _recording(self, prompt: str) -> Recording | None:
        """None where the words were changed since they were recorded, or never were recorded."""
        if self.library.stale(prompt):
            return None
        try:
            return self.library.recording(prompt)
        except PromptMissing:
            if not self.library.text(prompt):
                raise
            return None

    async def _piece(self, piece: AnySpeech) -> list[_Part]:
        match piece:
            case Pause(ms):
                return [_silent(min(ms, _LONGEST_PAUSE_MS))]
            case Digits(text):
                return await self._joined(self._joiner.code(text))
            case Text(text):
                return await self._joined(self._joiner.text(text))
            case Say(prompt):
                recording = self._recording(prompt)
                if recording is None:
                    return await self._joined(self._joiner.text(self.library.text(prompt)))
                return [_recorded(recording)]

    async def _joined(self, pieces: list[AnyPiece]) -> list[_Part]:
        parts: list[_Part] = []
        for piece in pieces:
            match piece:
                case Silence(ms):
                    parts.append(_silent(ms))
                case Recorded(prompt, gap_ms):
                    parts.append(await self._word(prompt))
                    if gap_ms:
                        parts.append(_silent(gap_ms))
                case Unrecorded(text):
                    parts.append(await self._synthesised(text))
        return parts

    async def _word(self, prompt: str) -> _Part:
        try:
            return _recorded(self.library.recording(prompt))
        except PromptMissing:
            return await self._synthesised(self.library.text(prompt))

    async def _synthesised(self, text: str) -> _Part:
        said = reading.spoken(text)
        try:
            pcm = await self._tts.samples(said)
        except TtsFailed as error:
            log.warning(
                "%d characters stay unsaid: %s", len(text), error, extra={"action": "text_unsaid"}
            )
            return _Part(silence(0), "", unsaid=text)
        key = self._tts.key(said)
        return _Part(pcm, key)

    async def _store(self, key: str, pcm: Pcm) -> Path:
        for cache in (self._cache, self._memory):
            found = cache.get(key)
            if found is not None:
                return found
        try:
            return await asyncio.to_thread(self._cache.put, key, pcm)
        except OSError as error:
            log.error(
                "speech cannot be kept on disk: %s", error, extra={"action": "speech_cache_full"}
            )
        try:
            return await asyncio.to_thread(self._memory.put, key, pcm)
        except OSError as error:
            raise SpeechError(f"语音文件写不下：{error.strerror}") from error


def _recorded(recording: Recording) -> _Part:
    return _Part(recording.pcm, recording.sha256)


def _silent(ms: int) -> _Part:
    return _Part(silence(max(0, ms)), f"pause {ms}")


def _memory_folder() -> Path:
    """A folder in memory that nobody else can have prepared for us."""
    with contextlib.suppress(OSError):
        return _own_folder(_MEMORY)
    return _own_folder(Path("/tmp"))


def _own_folder(parent: Path) -> Path:
    folder = parent / f"hotline-speech-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or folder.is_symlink():
        raise OSError(f"{folder} belongs to somebody else")
    return folder
