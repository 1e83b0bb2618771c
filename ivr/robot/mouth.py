"""What a robot caller's words sound like: recorded where shipped, synthesised otherwise."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import msgspec

from ivr.sip.sound import read_wav
from ivr.speech.cache import WavCache
from ivr.speech.settings import SpeechSettings
from ivr.speech.tts import Tts

SHIPPED = Path(__file__).parent / "audio"
INDEX = "index.json"
CACHE_BYTES = 64 << 20


class Recorded(msgspec.Struct, frozen=True):
    """A shipped recording: who says what in which file."""

    text: str
    voice: str
    file: str


def read_index(directory: Path = SHIPPED) -> tuple[Recorded, ...]:
    """The shipped recordings of callers."""
    path = directory / INDEX
    if not path.is_file():
        return ()
    return msgspec.json.decode(path.read_bytes(), type=tuple[Recorded, ...])


class Mouth:
    """Gives the sound of a text as 8 kHz mono s16 samples. Use as ``async with``."""

    def __init__(self, cache_dir: Path) -> None:
        settings = SpeechSettings()
        self._tts = Tts(WavCache(cache_dir, CACHE_BYTES), settings.voice, settings.rate, 10.0)
        self._recorded = read_index()

    async def __aenter__(self) -> Mouth:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._tts.close()

    async def sound(self, text: str, voice: str = "") -> bytes:
        """The sound of ``text``, in ``voice`` where there is such a recording.

        Raises :class:`ivr.speech.errors.SpeechError` if it cannot be spoken at all.
        """
        fitting = [item for item in self._recorded if item.text == text]
        for item in sorted(fitting, key=lambda item: item.voice != voice):
            return read_wav(str(SHIPPED / item.file))
        return read_wav(str(await self._tts.speak(text)))
