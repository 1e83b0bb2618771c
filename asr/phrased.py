"""An utterance heard first as one of a question's phrases, and with all words if it is none.

Under a phrase list a recogniser hears nothing else: no emergency, no story. So the sound is kept;
as soon as the narrow recogniser has spoken of an unknown word for a while, a wide one hears
everything from the start, and goes on alone. An answer of the list costs one decoding, anything
else a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from asr.engine import BYTES_PER_SECOND, Result, Stream

_DOUBT = int(0.4 * BYTES_PER_SECOND)
"""So much sound may go by with an unknown word: the beginning of a known one often is one."""


class NarrowStream(Stream, Protocol):
    """A stream under a phrase list."""

    @property
    def unknown(self) -> bool:
        """Whether the last text, partial or final, had a word that is in none of the phrases."""


class PhrasedStream:
    """One utterance; ``open_wide`` gives a stream that hears every word."""

    def __init__(self, narrow: NarrowStream, open_wide: Callable[[], Stream]) -> None:
        self._narrow: NarrowStream | None = narrow
        self._wide: Stream | None = None
        self._open_wide = open_wide
        self._sound = bytearray()
        self._unknown_since: int | None = None

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        """Decode more audio and return the text so far."""
        if self._narrow is None:
            assert self._wide is not None
            return self._wide.accept(pcm, partial=partial)
        self._sound += pcm
        text = self._narrow.accept(pcm, partial=partial)
        if not self._narrow.unknown:
            self._unknown_since = None
            return text
        if self._unknown_since is None:
            self._unknown_since = len(self._sound)
        if len(self._sound) - self._unknown_since < _DOUBT:
            return text
        self._narrow.discard()
        return self._widen(partial)

    def finish(self) -> Result:
        """The result of the phrases, or of all words where none of the phrases was said."""
        if self._narrow is not None:
            result = self._narrow.finish()
            if result.text and not self._narrow.unknown:
                return result
            self._widen(partial=False)
        assert self._wide is not None
        return self._wide.finish()

    def discard(self) -> None:
        """Give the utterance up."""
        stream = self._narrow or self._wide
        if stream is not None:
            stream.discard()

    def _widen(self, partial: bool) -> str:
        self._narrow = None
        self._wide = self._open_wide()
        text = self._wide.accept(bytes(self._sound), partial=partial)
        self._sound.clear()
        return text
