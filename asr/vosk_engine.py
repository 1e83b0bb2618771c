"""Vosk behind the engine seam. The only module that imports ``vosk``.

It is meant for the decoder process and other short-lived ones: a model that is broken in
the wrong place ends the process that opens it, and ``kaldifst`` must never be loaded beside
it (whichever comes second deadlocks).

Results are asked for as an n-best list, which Vosk gives with word times but without
confidences; those are the share of the list's probability that stands behind a word. Without
alternatives Vosk's own minimum-Bayes-risk confidences are used. Grammars are made by
:mod:`asr.phrase_list` alone: malformed ones crash libvosk.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from math import exp
from pathlib import Path
from typing import Any

import msgspec
import vosk

from asr.engine import SAMPLE_RATE, ModelError, Result, Stream, Word
from asr.model_files import check_files
from asr.phrase_list import UNKNOWN, phrase_list, read_words, takes_phrases
from asr.phrased import PhrasedStream
from asr.probe import probe_pcm
from asr.text import clean, is_word, join_spaced

log = logging.getLogger(__name__)

_PIECE = 3200
_HUSH = bytes(SAMPLE_RATE // 10 * 2)
_TELL_EVERY = 256 * 1024
_USES = 200
"""Utterances after which a recogniser is replaced, so that none grows for ever."""
_QUESTIONS = 256
"""For so many questions the phrase lists are kept as made."""
_REMEMBER_S = 60.0
"""How long as many recognisers are kept as have been in use at once."""


class Reading(msgspec.Struct, frozen=True):
    """One way to read a piece of speech; ``score`` is a log likelihood."""

    words: tuple[Word, ...]
    score: float = 0.0

    @property
    def text(self) -> str:
        """Its words, without spaces."""
        return "".join(word.text for word in self.words)


class VoskEngine:
    """A loaded Vosk model. Safe to use from several threads.

    Raises :class:`ModelError` naming the file where the directory is not a usable model. It
    has decoded real speech when the constructor returns. ``spare`` recognisers more than
    have lately been in use at once are kept warm, from the start on, because the first speech
    on a new one stalls for half a second where the model's graph is composed while decoding.
    ``cold`` counts the utterances that had to begin on a new one all the same.
    """

    def __init__(self, model_dir: Path | str, *, alternatives: int = 5, spare: int = 4) -> None:
        path = Path(model_dir)
        check_files(path)
        vosk.SetLogLevel(0)
        try:
            self._model = vosk.Model(str(path))
        except Exception as error:
            raise ModelError(f"{path}: Vosk cannot load the model") from error
        self._dir = path
        self._words = read_words(path) if takes_phrases(path) else frozenset()
        # The questions of a dialogue are few, and with the words of emergencies each has thousands
        # of phrases to cut.
        self._grammar = lru_cache(_QUESTIONS)(partial(phrase_list, words=self._words))
        self._alternatives = alternatives
        self._spare = spare
        self._idle: deque[tuple[Any, int, float]] = deque()
        self._lock = threading.Lock()
        self._in_use = 0
        self._peaks = (0, 0)
        self._peak_since = time.monotonic()
        self.cold = 0
        self._probe = probe_pcm()
        stream, *others = [self._new_stream() for _ in range(max(1, spare))]
        heard = self._decode_probe(stream)
        if not heard.text:
            raise ModelError(
                f"{path}: the model hears no word in clear speech; "
                "graph/words.txt may be cut short, or the model is of another kind"
            )
        for other in others:
            self._decode_probe(other)
        vosk.SetLogLevel(-1)
        self.probe = heard

    def open(self, phrases: Sequence[str] = ()) -> Stream:
        """A stream on a warm recogniser, or on a new one when none is waiting.

        With ``phrases``, where the model can be given any, on a new one that hears them alone
        until there is a word that is in none of them.
        """
        grammar = self._grammar(tuple(phrases)) if phrases and self._words else None
        if grammar is not None:
            return PhrasedStream(self._new_stream(grammar), self.open)
        with self._lock:
            if self._idle:
                recogniser, uses, base = self._idle.pop()
                self._in_use += 1
                self._note_peak()
                return VoskStream(self, recogniser, self._alternatives, uses, base)
            self.cold += 1
        stream = self._new_stream()
        with self._lock:
            self._note_peak()
        return stream

    def top_up(self) -> None:
        """Warm one more recogniser if too few are waiting; takes as long as the probe.

        Recognisers that have long not been needed are let go.
        """
        with self._lock:
            self._note_peak()
            while len(self._idle) > self._room():
                self._idle.popleft()
            if len(self._idle) >= self._spare:
                return
        self._decode_probe(self._new_stream())

    def give_back(self, recogniser: Any, uses: int, base: float) -> None:
        """Take a recogniser back after an utterance; for :class:`VoskStream`."""
        with self._lock:
            self._in_use -= 1
            if uses < _USES and len(self._idle) < self._room():
                self._idle.append((recogniser, uses, base))

    def _note_peak(self) -> None:
        """Remember how many are in use at once: the peaks of this minute and the last."""
        now = time.monotonic()
        if now - self._peak_since >= _REMEMBER_S:
            self._peak_since = now
            self._peaks = (0, self._peaks[0])
        self._peaks = (max(self._peaks[0], self._in_use), self._peaks[1])

    def _room(self) -> int:
        """How many may wait."""
        return self._spare + max(self._peaks) - self._in_use

    def _new_stream(self, grammar: str | None = None) -> VoskStream:
        chosen = () if grammar is None else (grammar,)
        try:
            recogniser = vosk.KaldiRecognizer(self._model, SAMPLE_RATE, *chosen)
        except Exception as error:
            raise ModelError(f"{self._dir}: Vosk cannot make a recogniser of it") from error
        recogniser.SetWords(True)
        if self._alternatives:
            recogniser.SetMaxAlternatives(self._alternatives)
        with self._lock:
            self._in_use += 1
        # One that hears only some phrases is of no use to the next utterance.
        uses = 0 if grammar is None else _USES
        return VoskStream(self, recogniser, self._alternatives, uses, 0.0)

    def _decode_probe(self, stream: VoskStream) -> Result:
        for at in range(0, len(self._probe), _PIECE):
            stream.accept(self._probe[at : at + _PIECE])
        return stream.finish()


class VoskStream:
    """One utterance on one recogniser, which goes back to its engine afterwards.

    Vosk's own endpointing may cut an utterance anywhere; its pieces are joined here, because
    when a turn is over is decided elsewhere. ``unknown`` is whether a phrase list left something
    unexplained.
    """

    def __init__(
        self, engine: VoskEngine, recogniser: Any, limit: int, uses: int, base: float
    ) -> None:
        self._engine = engine
        self._recogniser = recogniser
        self._limit = max(1, limit)
        self._uses = uses
        self._base = base
        self._bytes = 0
        self._cut = False
        self._pieces: list[Sequence[Reading]] = []
        self._said = ""
        self.unknown = False

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        """Decode more audio. Without ``partial`` the text so far is not computed anew."""
        self._bytes += len(pcm)
        self._cut = bool(self._recogniser.AcceptWaveform(pcm))
        if self._cut:
            self._keep(self._recogniser.Result())
            return self._said
        if not partial:
            return self._said
        heard = json.loads(self._recogniser.PartialResult()).get("partial", "")
        self.unknown = UNKNOWN in heard
        return clean(self._said + join_spaced(heard))

    def finish(self) -> Result:
        """The final result of everything accepted."""
        self._keep(self._end())
        return combine(self._pieces, self._limit)

    def discard(self) -> None:
        """Give the recogniser back without a result."""
        self._end()

    def _end(self) -> str:
        recogniser, self._recogniser = self._recogniser, None
        if self._cut:
            # Right after one of Vosk's own cuts FinalResult does nothing, and the sound not
            # yet decoded would be heard in the next utterance, which is another caller's.
            recogniser.AcceptWaveform(_HUSH)
            self._bytes += len(_HUSH)
        answer: str = recogniser.FinalResult()
        seconds = self._bytes / (2 * SAMPLE_RATE)
        self._engine.give_back(recogniser, self._uses + 1, self._base + seconds)
        return answer

    def _keep(self, answer: str) -> None:
        told = json.loads(answer)
        best: Mapping[str, Any] = next(iter(told.get("alternatives", [told])), {})
        self.unknown = self.unknown or UNKNOWN in best.get("text", "")
        readings = readings_of(told, self._base)
        if any(reading.words for reading in readings):
            self._pieces.append(readings)
            self._said += readings[0].text


def readings_of(answer: Mapping[str, Any], base: float) -> list[Reading]:
    """Vosk's answer, in either of its two forms, best reading first.

    ``base`` is taken off all times: a recogniser counts on from utterance to utterance.
    """
    entries = answer.get("alternatives")
    if entries is None:
        return [Reading(_words(answer.get("result", ()), base))]
    unique: dict[str, Reading] = {}
    for entry in entries:
        reading = Reading(_words(entry.get("result", ()), base), entry["confidence"])
        unique.setdefault(reading.text, reading)
    return list(unique.values())


def _words(entries: Sequence[Mapping[str, Any]], base: float) -> tuple[Word, ...]:
    return tuple(
        Word(
            entry["word"],
            round(max(0.0, entry["start"] - base), 3),
            round(max(0.0, entry["end"] - base), 3),
            entry.get("conf", -1.0),
        )
        for entry in entries
        if is_word(entry["word"])
    )


def combine(pieces: Sequence[Sequence[Reading]], limit: int) -> Result:
    """One result out of an utterance's pieces, each with its readings, best first.

    The confidence is the mean over the characters, so that a long sure word weighs more than
    a short unsure one.
    """
    whole: list[Reading] = [Reading(())]
    words: list[Word] = []
    for readings in pieces:
        words += _with_confidence(readings)
        joined = [
            Reading(left.words + right.words, left.score + right.score)
            for left in whole
            for right in readings
        ]
        whole = sorted(joined, key=lambda reading: -reading.score)[:limit]
    characters = sum(len(word.text) for word in words)
    confidence = (
        sum(word.confidence * len(word.text) for word in words) / characters if characters else 0.0
    )
    text = clean("".join(word.text for word in words))
    others = dict.fromkeys(clean(reading.text) for reading in whole)
    others.pop(text, None)
    others.pop("", None)
    return Result(text, tuple(words), round(confidence, 3), tuple(others))


def _with_confidence(readings: Sequence[Reading]) -> list[Word]:
    """The best reading's words, each with the share of probability that agrees with it."""
    best = readings[0]
    if all(word.confidence >= 0 for word in best.words):
        return list(best.words)
    weights = [exp(reading.score - best.score) for reading in readings]
    total = sum(weights)
    words = []
    for word in best.words:
        share = sum(
            weight
            for reading, weight in zip(readings, weights, strict=True)
            if any(_same(word, other) for other in reading.words)
        )
        words.append(msgspec.structs.replace(word, confidence=round(share / total, 3)))
    return words


def _same(a: Word, b: Word) -> bool:
    return a.text == b.text and a.start < b.end and b.start < a.end


class _Fetcher(vosk.Model):  # type: ignore[misc]
    """Vosk's model downloader without a model; tells its progress to a function."""

    def __init__(self, on_progress: Callable[[float, float], None]) -> None:
        self._on_progress = on_progress

    def __del__(self) -> None:
        """There is no model to free."""

    def download_progress_hook(self, bar: Any) -> Callable[[int, int, int], None]:
        """Called by Vosk for what is called at each block of the download."""
        told = 0.0

        def hook(blocks: int = 1, size: int = 1, total: int = 0) -> None:
            nonlocal told
            done = float(blocks * size)
            if done - told >= _TELL_EVERY or (0 < total <= done):
                told = done
                self._on_progress(min(done, total) if total > 0 else done, max(0, total))

        return hook


def download(name: str, into: Path, on_progress: Callable[[float, float], None]) -> Path:
    """Fetch an official model by name with the ``vosk`` package's own downloader.

    Returns its directory under ``into``; ``on_progress`` is told bytes. Raises
    :class:`ModelError` where there is no such model or the network does not allow it.
    """
    vosk.MODEL_DIRS[:] = [into]
    try:
        # The package prints what it thinks on standard output, which is not its to use.
        with contextlib.redirect_stdout(sys.stderr):
            return Path(_Fetcher(on_progress).get_model_by_name(name))
    except SystemExit as error:
        raise ModelError(f"no official Vosk model is called {name}") from error
    except Exception as error:
        raise ModelError(f"{name} could not be fetched ({type(error).__name__})") from error
