"""One model's hearing of many files, in a process of its own: ``python -m bench.hearing.decode``.

A model that crashes takes only this process with it. Reads one path a line, writes one JSON
object a line. The sound is given in pieces of a tenth of a second, as a call would deliver it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from asr.audio_file import AudioFile, AudioFileError
from asr.engine import BYTES_PER_SECOND, Engine, ModelError
from asr.engines import engine_of, load_engine

_PIECE = BYTES_PER_SECOND // 10
_ROOT = Path(__file__).resolve().parents[2]


class Heard(msgspec.Struct, frozen=True):
    """What was heard. ``took_s`` is all decoding, ``last_s`` that after the last sound."""

    text: str
    seconds: float
    took_s: float
    last_s: float
    error: str = ""


def hear(
    model: Path, files: Sequence[Path], on_progress: Callable[[int, int], None]
) -> list[Heard]:
    """Decode every file. Raises :class:`asr.engine.ModelError` or ``AudioFileError``."""
    command = [sys.executable, "-m", "bench.hearing.decode", str(model.resolve())]
    found: list[Heard] = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, text=True
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("".join(f"{path.resolve()}\n" for path in files))
        child.stdin.close()
        for line in child.stdout:
            heard = msgspec.json.decode(line, type=Heard)
            if heard.error:
                child.kill()
                kind = AudioFileError if len(found) or heard.seconds else ModelError
                raise kind(heard.error)
            found.append(heard)
            on_progress(len(found), len(files))
    if len(found) < len(files):
        raise ModelError(f"{model}: the recogniser crashed at {files[len(found)]}")
    return found


def decode(engine: Engine, path: Path) -> Heard:
    """One file; of several channels the first."""
    pcm = b"".join(block[0] for block in AudioFile(path).blocks())
    stream = engine.open()
    began = last = time.perf_counter()
    for at in range(0, max(len(pcm), 1), _PIECE):
        last = time.perf_counter()
        stream.accept(pcm[at : at + _PIECE])
    text = stream.finish().text
    done = time.perf_counter()
    return Heard(text, len(pcm) / BYTES_PER_SECOND, done - began, done - last)


def main(arguments: list[str]) -> int:
    """The child's whole life."""
    model = Path(arguments[0])
    try:
        engine = load_engine(engine_of(model), model)
    except ModelError as error:
        _say(Heard("", 0, 0, 0, str(error)))
        return 1
    for line in sys.stdin:
        try:
            _say(decode(engine, Path(line.rstrip("\n"))))
        except AudioFileError as error:
            _say(Heard("", 1, 0, 0, str(error)))
            return 1
    return 0


def _say(heard: Heard) -> None:
    print(msgspec.json.encode(heard).decode(), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
