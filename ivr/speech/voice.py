"""The recording voice as a process of the build environment: one JSON job a line.

``python -m ivr.speech.voice`` reads ``{"text", "path", "voice", "speed"}`` from standard input,
writes the speech to ``path`` as a float WAV and answers ``{"ms"}`` or ``{"error"}``. It needs
Kokoro and runs apart from the hotline's own environment, which does without it.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> int:
    """Serve jobs until standard input ends."""
    import soundfile

    from asr.synthesis.kokoro import Kokoro

    # Libraries print while they load; the answers need a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    voice = Kokoro(threads=1)
    answers.write('{"ready": true}\n')
    answers.flush()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            samples, rate = voice.speak(job["text"], voice=job["voice"], speed=job["speed"])
            soundfile.write(job["path"], samples, rate, subtype="FLOAT")
            answer: dict[str, object] = {"ms": len(samples) * 1000 // rate}
        except (ValueError, OSError) as error:
            answer = {"error": str(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
