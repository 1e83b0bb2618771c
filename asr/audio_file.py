"""Reading sound files of any common kind as telephone audio, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from asr.engine import SAMPLE_RATE, AsrError

MAX_CHANNELS = 16
MAX_RATE = 384_000
_BLOCK_S = 10


class AudioFileError(AsrError):
    """A file that cannot be read as sound; the message names it and says why."""


class AudioFile:
    """A sound file opened for reading. Any rate, sample format and number of channels.

    Reads WAV (also A-law, µ-law, 8, 24 and 32 bit, float), FLAC, Ogg and what else libsndfile
    knows. Raises :class:`AudioFileError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise AudioFileError(f"{path}: there is no such file")
        if not path.is_file():
            raise AudioFileError(f"{path}: not a file")
        if path.stat().st_size == 0:
            raise AudioFileError(f"{path}: the file is empty")
        try:
            self._file = soundfile.SoundFile(path)
        except (soundfile.LibsndfileError, OSError, TypeError, ValueError) as error:
            raise AudioFileError(f"{path}: not a readable sound file ({_why(error)})") from error
        self.channels: int = self._file.channels
        self.rate: int = self._file.samplerate
        self.seconds: float = self._file.frames / self.rate
        try:
            if self._file.frames == 0:
                raise AudioFileError(f"{path}: there is no sound in it")
            if self.channels > MAX_CHANNELS:
                raise AudioFileError(f"{path}: {self.channels} channels; at most {MAX_CHANNELS}")
            if not 1000 <= self.rate <= MAX_RATE:
                raise AudioFileError(f"{path}: {self.rate} samples a second is not usable")
        except AudioFileError:
            self._file.close()
            raise

    def blocks(self) -> Iterator[list[bytes]]:
        """The sound, some seconds at a time: 8 kHz 16-bit PCM for each channel."""
        resampler = soxr.ResampleStream(self.rate, SAMPLE_RATE, self.channels, dtype="float32")
        with self._file:
            size = self.rate * _BLOCK_S
            while True:
                try:
                    block = self._file.read(size, dtype="float32", always_2d=True)
                except soundfile.LibsndfileError as error:
                    raise AudioFileError(f"{self.path}: damaged ({_why(error)})") from error
                last = len(block) < size
                yield _pcm(resampler.resample_chunk(np.nan_to_num(block), last=last))
                if last:
                    return


def _pcm(block: npt.NDArray[np.float32]) -> list[bytes]:
    samples = (np.clip(block, -1.0, 1.0) * 32767).astype("<i2")
    return [samples[:, channel].tobytes() for channel in range(samples.shape[1])]


def _why(error: Exception) -> str:
    """libsndfile's reason without the file's name, which the caller says."""
    return str(error).rsplit(": ", 1)[-1].rstrip(".")
