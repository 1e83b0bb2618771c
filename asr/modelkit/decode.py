"""Decodes a folder of WAV files with the real Vosk: `python -m asr.modelkit.decode MODEL FOLDER`.

A process of its own, because vosk and kaldifst cannot live in one. Writes one JSON object per
file to standard output: `{"name": "000", "heard": "...", "seconds": 3.2, "took": 0.1}`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from asr.modelkit import wav

_CHUNK = 1600  # samples: 200 ms, as a call would deliver them


def hear(model: Any, samples: wav.Samples) -> str:
    """All that a fresh recogniser makes of the samples, without spaces."""
    import vosk

    recognizer = vosk.KaldiRecognizer(model, wav.RATE)
    heard = []
    for start in range(0, len(samples), _CHUNK):
        if recognizer.AcceptWaveform(samples[start : start + _CHUNK].tobytes()):
            heard.append(json.loads(recognizer.Result())["text"])
    heard.append(json.loads(recognizer.FinalResult())["text"])
    return "".join(heard).replace(" ", "")


def main(arguments: list[str]) -> int:
    """Decode every file of the folder in the order of names."""
    import vosk

    vosk.SetLogLevel(-1)
    model = vosk.Model(arguments[0])
    for path in sorted(Path(arguments[1]).glob("*.wav")):
        samples = wav.read(path)
        started = time.process_time()
        heard = hear(model, samples)
        result = {
            "name": path.stem,
            "heard": heard,
            "seconds": round(len(samples) / wav.RATE, 3),
            "took": round(time.process_time() - started, 3),
        }
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
