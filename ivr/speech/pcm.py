"""Audio as the telephone wants it: mono 16-bit samples at 8,000 a second."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from ivr.recording import riff
from ivr.speech.errors import UnusableWav

RATE = 8000
OGG = ".ogg"
LONGEST_S = 60.0
# Below this peak (-50 dBFS) a caller hears nothing.
_SILENT_PEAK = 10 ** (-50 / 20)
# libsndfile's scale from 0 (best) to 1 (smallest): Opus at about 52 kbit/s, whose loss over
# A-law is 0.1 dB of log spectral distance on top of the 2.8 dB of A-law itself.
_OPUS_LEVEL = 0.84

Pcm = npt.NDArray[np.int16]
Samples = npt.NDArray[np.float32]


def silence(ms: int) -> Pcm:
    """``ms`` milliseconds of nothing."""
    return np.zeros(RATE * ms // 1000, dtype=np.int16)


def milliseconds(pcm: Pcm) -> int:
    """How long the audio lasts."""
    return len(pcm) * 1000 // RATE


def to_float(pcm: Pcm) -> Samples:
    """Samples within ±1."""
    return pcm.astype(np.float32) / np.float32(32768.0)


def to_pcm(samples: Samples) -> Pcm:
    """Rounded to 16 bits; what is louder than full scale is cut."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def resample(samples: Samples, rate: int) -> Samples:
    """From ``rate`` to 8 kHz with a steep anti-aliasing filter."""
    if rate == RATE:
        return samples
    return np.asarray(soxr.resample(samples, rate, RATE, quality="VHQ"), dtype=np.float32)


def read_own(path: Path) -> Pcm:
    """Read what this package wrote: Ogg Opus, or WAV (44-byte header), 8 kHz mono.

    Raises OSError, and ``soundfile.LibsndfileError`` for an Ogg file that cannot be decoded.
    """
    if path.suffix == OGG:
        samples, _ = soundfile.read(path, dtype="float32")
        return to_pcm(samples)
    return np.frombuffer(path.read_bytes(), dtype="<i2", offset=44).astype(np.int16, copy=False)


def wav_bytes(pcm: Pcm) -> bytes:
    """A whole WAV file."""
    body = pcm.astype("<i2", copy=False).tobytes()
    return riff.header(len(body), channels=1, rate=RATE) + body


def ogg_bytes(pcm: Pcm) -> bytes:
    """A whole Ogg Opus file, a third of the WAV's size."""
    file = io.BytesIO()
    soundfile.write(file, pcm, RATE, format="OGG", subtype="OPUS", compression_level=_OPUS_LEVEL)
    return file.getvalue()


def write_wav(path: Path, pcm: Pcm) -> None:
    """Write atomically, readable by its owner only; OSError when there is no room."""
    write_atomically(path, wav_bytes(pcm))


def write_atomically(path: Path, body: bytes) -> None:
    """A file that is there whole or not at all, for its owner only; OSError without room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_wav(path: Path, longest_s: float = LONGEST_S) -> Pcm:
    """Any WAV file (PCM, float, A-law, µ-law; any rate; channels are mixed) as 8 kHz mono.

    Raises :class:`UnusableWav` when it is not a WAV, cut short, longer than ``longest_s``,
    silent or unreadable.
    """
    try:
        layout = riff.inspect(path)
    except riff.IncompleteHeader as error:
        raise UnusableWav(path, "文件不完整，没有声音数据") from error
    except riff.NotWav as error:
        raise UnusableWav(path, "不是 WAV 文件") from error
    except OSError as error:
        raise UnusableWav(path, f"读不出来（{error.strerror}）") from error
    if layout.truncated:
        raise UnusableWav(
            path, f"文件被截断：应有 {layout.data_size} 字节声音，只有 {layout.available} 字节"
        )
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UnusableWav(path, f"无法解码（{error}）") from error
    seconds = len(samples) / rate
    if seconds > longest_s:
        raise UnusableWav(path, f"太长：{seconds:.0f} 秒，最多 {longest_s:.0f} 秒")
    if not len(samples) or not np.isfinite(samples).all():
        raise UnusableWav(path, "没有可用的声音数据")
    if float(np.abs(samples).max()) < _SILENT_PEAK:
        raise UnusableWav(path, "整段没有声音")
    return to_pcm(resample(samples.mean(axis=1, dtype=np.float32), rate))
