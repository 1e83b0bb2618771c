"""The run-time synthesiser as a process of its own: one JSON job a line. Imports pyttsx3.

Its arguments are a voice, a rate and a scratch folder. It reads ``{"id", "text", "path"}`` from
standard input, writes a WAV to ``path`` and answers ``{"id"}`` or ``{"id", "error"}``;
``{"id": 0}`` says that it is ready. pyttsx3 hangs on some input and on a second engine in one
process, so it lives here, where :mod:`ivr.speech.tts` can end it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import wave
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_SETTLE_S = 0.02
_TRIES = 3


def main() -> int:
    """Serve jobs until standard input ends."""
    # A parent that was killed cannot end a hanging child, so the kernel does.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The driver prints; the answers need a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    voice, rate, scratch = sys.argv[1:]
    engine = _engine(voice, int(rate), Path(scratch))
    _answer(answers, {"id": 0})
    for line in sys.stdin:
        job = json.loads(line)
        try:
            _speak(engine, job["text"], Path(job["path"]))
            _answer(answers, {"id": job["id"]})
        except Exception as error:  # whatever pyttsx3 raises is an answer, not the end
            _answer(answers, {"id": job["id"], "error": repr(error)})
    return 0


def _engine(voice: str, rate: int, scratch: Path) -> Any:
    import espeakng_loader

    # Once the library is loaded under its own name, pyttsx3's search by that name finds it.
    ctypes.CDLL(espeakng_loader.get_library_path())
    os.environ["ESPEAK_DATA_PATH"] = str(Path(espeakng_loader.get_data_path()).parent)
    import pyttsx3

    engine = pyttsx3.init("espeak")
    # The first run of an engine returns before its file is there; let it be an empty one.
    engine.runAndWait()
    _settle()
    engine.setProperty("voice", voice)
    _settle()
    engine.setProperty("rate", rate)
    _settle()
    first = scratch / f"first-{os.getpid()}.wav"
    _speak(engine, "好", first)
    first.unlink()
    return engine


def _settle() -> None:
    """Let espeak-ng's own thread finish what it was told.

    It works through a queue: a voice set too soon undoes a rate, and what it still reports of
    one text after runAndWait is over ends the next text before it began.
    """
    from pyttsx3.drivers import _espeak

    _espeak.Synchronize()
    time.sleep(_SETTLE_S)


def _speak(engine: Any, text: str, path: Path) -> None:
    for _ in range(_TRIES):
        engine.save_to_file(text, str(path))
        engine.runAndWait()
        _settle()
        if path.is_file():
            with wave.open(str(path)) as file:
                if file.getnframes():
                    return
    raise RuntimeError("no sound was written")


def _answer(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    sys.exit(main())
