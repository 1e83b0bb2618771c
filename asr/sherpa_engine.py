"""sherpa-onnx behind the engine seam. The only module that imports ``sherpa_onnx``.

The package is an optional extra (``pip install hotline[sherpa]``) and is imported when a model
is loaded. Streaming models of three kinds are taken, told apart by their files:

- transducer (zipformer): ``encoder*.onnx``, ``decoder*.onnx``, ``joiner*.onnx``
- paraformer: ``encoder*.onnx``, ``decoder*.onnx``
- zipformer CTC: one other ``*.onnx``

each with ``tokens.txt``. Where a file is there twice, the int8 one is taken: it is quicker.
Alternatives are not given: sherpa-onnx has none in streaming.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from math import exp
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from asr.engine import SAMPLE_RATE, ModelError, Result, Stream, Word
from asr.probe import probe_pcm
from asr.text import clean

log = logging.getLogger(__name__)

_TAIL = np.zeros(int(SAMPLE_RATE * 0.66), dtype=np.float32)
"""Streaming models answer behind the sound: this much silence brings the last words out."""
_LONGEST_TOKEN_S = 0.3
_SURENESS_UNKNOWN = 0.8
"""For models that give no probabilities."""
_WORD_MARK = "\u2581"


class ModelFiles(msgspec.Struct, frozen=True):
    """A streaming model's files; ``joiner`` and ``decoder`` are None where its kind has none."""

    tokens: Path
    encoder: Path
    decoder: Path | None = None
    joiner: Path | None = None


def find_files(model: Path) -> ModelFiles:
    """The files of the model in a directory. Raises :class:`ModelError` naming what is missing."""
    if not model.is_dir():
        raise ModelError(f"{model}: there is no such directory")
    tokens = model / "tokens.txt"
    if not tokens.is_file() or tokens.stat().st_size == 0:
        raise ModelError(f"{tokens}: missing or empty")
    _check_tokens(tokens)
    encoder, decoder, joiner = (_onnx(model, part) for part in ("encoder", "decoder", "joiner"))
    if encoder is None:
        if decoder is not None or joiner is not None:
            raise ModelError(f"{model}: there is no encoder*.onnx")
        encoder = _onnx(model, "")
        if encoder is None:
            raise ModelError(f"{model}: there is no *.onnx")
    elif decoder is None:
        raise ModelError(f"{model}: there is no decoder*.onnx")
    for file in (encoder, decoder, joiner):
        if file is not None and file.stat().st_size == 0:
            raise ModelError(f"{file}: empty")
    return ModelFiles(tokens, encoder, decoder, joiner)


def _onnx(model: Path, part: str) -> Path | None:
    found = sorted(model.glob(f"{part}*.onnx"), key=lambda path: (".int8." not in path.name, path))
    return found[0] if found else None


def _check_tokens(path: Path) -> None:
    # sherpa-onnx ends the process on a line that it cannot read.
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: not UTF-8 text") from error
    for number, line in enumerate(lines, start=1):
        if line.strip() and not re.fullmatch(r"(?:\S+\s+)?\d+\s*", line.strip("\n")):
            raise ModelError(f"{path} line {number}: not a token and its number")


class SherpaEngine:
    """A loaded streaming model. Safe to use from several threads.

    Raises :class:`ModelError`. It has decoded real speech when the constructor returns.
    """

    def __init__(self, model_dir: Path | str) -> None:
        path = Path(model_dir)
        self._recogniser = _load(path, find_files(path))
        stream = self.open()
        stream.accept(probe_pcm())
        self.probe = stream.finish()
        if not self.probe.text:
            raise ModelError(
                f"{path}: the model hears no word in clear speech; it may be of another kind"
            )

    def open(self, phrases: Sequence[str] = ()) -> Stream:
        """A new stream for everything; sherpa-onnx needs no warming."""
        return SherpaStream(self._recogniser)

    def top_up(self) -> None:
        """Nothing to prepare."""


def _load(path: Path, files: ModelFiles) -> Any:
    try:
        import sherpa_onnx
    except ImportError as error:
        raise ModelError(
            f"{path}: this model needs the package sherpa-onnx, which is not installed "
            "(pip install 'hotline[sherpa]')"
        ) from error
    make = sherpa_onnx.OnlineRecognizer
    # One thread a decode: the decoder process has a thread for each core already.
    common = {"tokens": str(files.tokens), "num_threads": 1}
    try:
        if files.joiner is not None:
            return make.from_transducer(
                encoder=str(files.encoder),
                decoder=str(files.decoder),
                joiner=str(files.joiner),
                **common,
            )
        if files.decoder is not None:
            return make.from_paraformer(
                encoder=str(files.encoder), decoder=str(files.decoder), **common
            )
        return make.from_zipformer2_ctc(model=str(files.encoder), **common)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{path}: sherpa-onnx cannot load the model ({reason[:200]})") from error


class SherpaStream:
    """One utterance. The model's own sample rate is met by sherpa-onnx's resampler."""

    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser
        self._stream = recogniser.create_stream()
        self._seconds = 0.0
        self._said = ""

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        """Decode more audio. Without ``partial`` the text so far is not asked for anew."""
        self._seconds += len(pcm) / (2 * SAMPLE_RATE)
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32) / 32768
        self._stream.accept_waveform(SAMPLE_RATE, samples)
        self._decode()
        if partial:
            self._said = _joined(self._recogniser.get_result(self._stream))
        return self._said

    def finish(self) -> Result:
        """The final result of everything accepted."""
        self._stream.accept_waveform(SAMPLE_RATE, _TAIL)
        self._stream.input_finished()
        self._decode()
        words = words_of(
            self._recogniser.tokens(self._stream),
            self._recogniser.timestamps(self._stream),
            self._recogniser.ys_probs(self._stream),
            self._seconds,
        )
        text = _joined(self._recogniser.get_result(self._stream))
        self._stream = None
        if not text:
            return Result("")
        sure = sum(word.confidence for word in words) / len(words) if words else _SURENESS_UNKNOWN
        return Result(text, words, round(sure, 3))

    def discard(self) -> None:
        """Give the stream up without a result."""
        self._stream = None

    def _decode(self) -> None:
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)


def words_of(
    tokens: Sequence[str], starts: Sequence[float], log_probs: Sequence[float], seconds: float
) -> tuple[Word, ...]:
    """sherpa-onnx's tokens as words: a hanzi each, parts of Latin words put together.

    A token ends where the next begins, or ``_LONGEST_TOKEN_S`` later; none ends after
    ``seconds``. Without log probabilities the confidence is one for unknown.
    """
    words: list[Word] = []
    for place, token in enumerate(tokens):
        text = token.replace(_WORD_MARK, "").strip()
        if not text or text.startswith("<"):
            continue
        start = min(starts[place], seconds) if place < len(starts) else seconds
        following = starts[place + 1] if place + 1 < len(starts) else seconds
        end = max(start, min(following, start + _LONGEST_TOKEN_S, seconds))
        sure = exp(min(0.0, log_probs[place])) if place < len(log_probs) else _SURENESS_UNKNOWN
        if words and _continues(token, words[-1].text):
            begun = words[-1]
            words[-1] = Word(
                begun.text + text, begun.start, round(end, 3), min(begun.confidence, round(sure, 3))
            )
            continue
        words.append(Word(text, round(start, 3), round(end, 3), round(sure, 3)))
    return tuple(words)


def _continues(token: str, before: str) -> bool:
    """Whether a token is the next part of a Latin word."""
    return token.isascii() and token.isalpha() and before.isascii() and token[0] != _WORD_MARK


def _joined(text: str) -> str:
    return clean("".join(text.replace(_WORD_MARK, " ").split()))
