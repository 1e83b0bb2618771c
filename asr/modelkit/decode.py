"""Decodes a folder of WAV files with the real Vosk: `python -m asr.modelkit.decode MODEL FOLDER`.

A process of its own, because vosk and kaldifst cannot live in one. Writes one JSON object per
file to standard output: `{"name": "000", "heard": "...", "seconds": 3.2, "took": 0.1,
"words": [["路灯", 0.3, 0.7]]}`, the last with the words' times in seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from asr.modelkit import wav

_CHUNK = 1600  # samples: 200 ms, as a call would deliver them


def hear(model: Any, samples: wav.Samples) -> list[tuple[str, float, float]]:
    """The words that a fresh recogniser makes of the samples, with their times."""
    import vosk

    recognizer = vosk.KaldiRecognizer(model, wav.RATE)
    recognizer.SetWords(True)
    results = []
    for start in range(0, len(samples), _CHUNK):
        if recognizer.AcceptWaveform(samples[start : start + _CHUNK].tobytes()):
            results.append(recognizer.Result())
    results.append(recognizer.FinalResult())
    words = [word for result in results for word in json.loads(result).get("result", ())]
    return [(word["word"], word["start"], word["end"]) for word in words]


def main(arguments: list[str]) -> int:
    """Decode every file of the folder in the order of names."""
    import vosk

    vosk.SetLogLevel(-1)
    model = vosk.Model(arguments[0])
    for path in sorted(Path(arguments[1]).glob("*.wav")):
        samples = wav.read(path)
        started = time.process_time()
        words = hear(model, samples)
        result = {
            "name": path.stem,
            "heard": "".join(word for word, _, _ in words),
            "seconds": round(len(samples) / wav.RATE, 3),
            "took": round(time.process_time() - started, 3),
            "words": words,
        }
        print(json.dumps(result, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
