"""Work with a model in a short-lived process of its own.

A broken model may end the process that opens it, so checking, transcribing and fetching run in
``python -m asr.isolated``, and its end is turned into an error that can be shown.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from asr.audio_file import AudioFileError
from asr.engine import BYTES_PER_SECOND, AsrError, ModelError
from asr.engines import engine_of, load_engine
from asr.model_files import explain
from asr.settings import ListenSettings
from asr.transcribe import Transcript

OnProgress = Callable[[float, float], None]
"""``on_progress(done, total)``; the unit depends on the work, ``total`` is 0 if unknown."""

_ROOT = Path(__file__).resolve().parents[1]
_NETWORK_TIMEOUT_S = 30.0
_PR_SET_PDEATHSIG = 1


class Checked(msgspec.Struct, frozen=True):
    """What decoding the probe with a model showed.

    ``heard`` should be ``expected`` for a Mandarin model; ``load_s`` and ``memory_mb`` are
    what loading took; ``realtime_factor`` is decoding time for a second of speech.
    """

    heard: str
    expected: str
    load_s: float
    memory_mb: int
    realtime_factor: float

    @property
    def mandarin(self) -> bool:
        """Whether the model writes hanzi."""
        return any("\u4e00" <= character <= "\u9fff" for character in self.heard)


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the child's standard output: progress, or how it ended."""

    done: float = 0.0
    total: float = 0.0
    checked: Checked | None = None
    transcript: Transcript | None = None
    path: str = ""
    model_error: str = ""
    audio_error: str = ""


def check(model: Path, timeout_s: float = 300.0) -> Checked:
    """Decode the probe with ``model``. Raises :class:`ModelError` if that fails in any way."""
    line = _run(["check", str(model)], model, timeout_s)
    assert line.checked is not None
    return line.checked


def transcribe_file(
    path: Path,
    model: Path,
    settings: ListenSettings | None = None,
    on_progress: OnProgress | None = None,
    timeout_s: float = 86_400.0,
) -> Transcript:
    """Transcribe a sound file with ``model``; progress in seconds of sound.

    Raises :class:`ModelError` or :class:`asr.audio_file.AudioFileError`.
    """
    how = msgspec.json.encode(settings or ListenSettings()).decode()
    line = _run(["transcribe", str(model), str(path), how], model, timeout_s, on_progress)
    assert line.transcript is not None
    return line.transcript


def download(
    name: str, into: Path, on_progress: OnProgress | None = None, timeout_s: float = 7200.0
) -> Path:
    """Fetch an official model by name into a directory; progress in bytes.

    Uses the ``vosk`` package's own downloader. Raises :class:`ModelError`.
    """
    line = _run(["download", name, str(into)], into / name, timeout_s, on_progress)
    return Path(line.path)


def _run(
    arguments: list[str], model: Path, timeout_s: float, on_progress: OnProgress | None = None
) -> Told:
    """Run the child, pass its progress on, and return the line that holds its result."""
    errors: list[str] = []
    last = Told()
    with subprocess.Popen(
        [sys.executable, "-m", "asr.isolated", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, [str(_ROOT), os.getenv("PYTHONPATH")])),
            "TQDM_DISABLE": "1",
        },
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        stderr = child.stderr
        reader = threading.Thread(
            target=lambda: errors.append(stderr.read().decode(errors="replace")), daemon=True
        )
        reader.start()
        timer = threading.Timer(timeout_s, child.kill)
        timer.start()
        try:
            for raw in child.stdout:
                last = msgspec.json.decode(raw, type=Told)
                if on_progress is not None and (last.done or last.total):
                    on_progress(last.done, last.total)
        except BaseException:
            child.kill()
            raise
        finally:
            code = child.wait()
            timer.cancel()
            reader.join()
    if last.audio_error:
        raise AudioFileError(last.audio_error)
    log = "".join(errors)
    if last.model_error and not any(row.startswith("ERROR") for row in log.splitlines()):
        raise ModelError(last.model_error)
    if code != 0:
        raise ModelError(explain(model, log, _ending(code)))
    return last


def _ending(code: int) -> str:
    if code == -signal.SIGKILL:
        return "the recogniser took too long or too much memory"
    return "the recogniser crashed" if code < 0 else "the recogniser gave up"


# --- in the child -----------------------------------------------------------------------


def _say(line: Told) -> None:
    # The real standard output, also while something else is kept from writing there.
    assert sys.__stdout__ is not None
    sys.__stdout__.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.__stdout__.buffer.flush()


def _progress(done: float, total: float) -> None:
    _say(Told(done=done, total=total))


def _check(model: str) -> Told:
    from asr.probe import PROBE_TEXT, probe_pcm

    started = time.perf_counter()
    engine = load_engine(engine_of(Path(model)), Path(model), spare=1)
    loaded = time.perf_counter()
    pcm = probe_pcm()
    stream = engine.open()
    stream.accept(pcm)
    result = stream.finish()
    took = time.perf_counter() - loaded
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    factor = took / (len(pcm) / BYTES_PER_SECOND)
    checked = Checked(result.text, PROBE_TEXT, round(loaded - started, 2), memory, round(factor, 3))
    return Told(checked=checked)


def _transcribe(model: str, path: str, how: str) -> Told:
    from asr.audio_file import AudioFile
    from asr.transcribe import transcribe

    # A file that cannot be read is said before a model is loaded for it.
    AudioFile(Path(path))
    settings = msgspec.json.decode(how, type=ListenSettings)
    engine = load_engine(engine_of(Path(model)), Path(model), alternatives=0, spare=1)
    return Told(transcript=transcribe(Path(path), engine, settings, _progress))


def _at_leisure(model: str, path: str, how: str, alternatives: str) -> Told:
    """Transcribe with the lowest priority; end with the process that asked for it."""
    from asr.transcribe import transcribe

    die_with_parent()
    os.nice(19)
    settings = msgspec.json.decode(how, type=ListenSettings)
    engine = load_engine(
        engine_of(Path(model)), Path(model), alternatives=int(alternatives), spare=1
    )
    return Told(transcript=transcribe(Path(path), engine, settings, _progress))


def die_with_parent() -> None:
    """Be killed when the parent dies, also while stopped."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit(1)


def _download(name: str, into: str) -> Told:
    from asr.vosk_engine import download as fetch

    socket.setdefaulttimeout(_NETWORK_TIMEOUT_S)
    return Told(path=str(fetch(name, Path(into), _progress)))


_WORK: dict[str, Callable[..., Told]] = {
    "check": _check,
    "transcribe": _transcribe,
    "at-leisure": _at_leisure,
    "download": _download,
}


def main(arguments: list[str]) -> int:
    """The child's whole life: do one piece of work and say its result."""
    try:
        _say(_WORK[arguments[0]](*arguments[1:]))
    except AudioFileError as error:
        _say(Told(audio_error=str(error)))
        return 1
    except AsrError as error:
        _say(Told(model_error=str(error)))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
