"""What hearing costs: the listener and the decoder process against bare Vosk.

    python -m bench.asr_cost [--callers 20] [--seconds 30] [--json]

Callers speak at the pace of real time, each into a listener of its own, all into one decoder
process. The same sound is then decoded by bare Vosk in pieces of the same size, with partial
results, in one process. The ratio of the two is what the project adds; it holds on any
machine, the absolute figures do not. The time from the decision that a turn is over to its text
is told too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from asr.decoder import DecoderProcess
from asr.engine import BYTES_PER_SECOND
from asr.listener import Listener
from asr.probe import PROBE_TEXT, probe_pcm
from asr.selection import default_model_dir
from asr.settings import AsrSettings
from asr.turns import ListenerEvent, TurnEnded
from bench.report import Table

FRAME_MS = 60
PAUSE_MS = 1500

BARE = """
import sys, time
from asr.vosk_engine import VoskEngine
pieces, model = sys.stdin.buffer.read(), sys.argv[1]
engine = VoskEngine(model)
stream = engine.open()
started = time.process_time()
for at in range(0, len(pieces), 1600):
    stream.accept(pieces[at:at + 1600])
stream.finish()
print(time.process_time() - started)
"""


def cpu_of(pid: int) -> float:
    """User and system time that a process has taken, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bare_vosk(audio: bytes, model: Path) -> float:
    """CPU seconds that one recogniser takes for ``audio``."""
    done = subprocess.run(
        [sys.executable, "-c", BARE, str(model)], input=audio, capture_output=True, check=True
    )
    return float(done.stdout)


async def one_caller(
    decoder: DecoderProcess, audio: bytes, delay: float, waits: list[float]
) -> tuple[int, int]:
    """Feed ``audio`` in real time; returns turns heard and turns heard rightly."""
    turns: list[TurnEnded] = []
    loop = asyncio.get_running_loop()
    await asyncio.sleep(delay)
    began = loop.time()

    def heard(event: ListenerEvent) -> None:
        if isinstance(event, TurnEnded):
            turns.append(event)
            waits.append(loop.time() - began - event.decided_at)

    settings = AsrSettings()
    listener = Listener(decoder, settings.listen, heard)
    step = BYTES_PER_SECOND * FRAME_MS // 1000
    for number, at in enumerate(range(0, len(audio), step), start=1):
        await asyncio.sleep(max(0.0, began + number * FRAME_MS / 1000 - loop.time()))
        listener.feed(audio[at : at + step])
    await listener.flush()
    listener.close()
    return len(turns), sum(turn.result.text == PROBE_TEXT for turn in turns)


async def measure(callers: int, seconds: float) -> dict[str, float]:
    """Run the callers, then bare Vosk."""
    model = default_model_dir()
    speech = probe_pcm()
    pause = bytes(BYTES_PER_SECOND * PAUSE_MS // 1000)
    repeats = max(1, int(seconds * BYTES_PER_SECOND / len(speech + pause)))
    audio = (speech + pause) * repeats
    decoder = DecoderProcess(AsrSettings(model=str(model)))
    await decoder.start()
    assert decoder.pid is not None
    waits: list[float] = []
    node, process = time.process_time(), cpu_of(decoder.pid)
    heard = await asyncio.gather(
        *(one_caller(decoder, audio, n * 0.137 % 2, waits) for n in range(callers))
    )
    node, process = time.process_time() - node, cpu_of(decoder.pid) - process
    await decoder.close()
    total = callers * len(audio) / BYTES_PER_SECOND
    spoken = callers * repeats * len(speech) / BYTES_PER_SECOND
    bare_all = await asyncio.to_thread(bare_vosk, audio * 2, model) / 2 * callers
    bare_speech = await asyncio.to_thread(bare_vosk, speech * repeats * 2, model) / 2 * callers
    waits.sort()
    return {
        "callers": callers,
        "seconds_of_sound": round(total, 1),
        "turns": sum(turns for turns, _ in heard),
        "turns_right": sum(right for _, right in heard),
        "node_cpu_per_spoken_second": round(node / spoken, 5),
        "decoder_cpu_per_spoken_second": round(process / spoken, 5),
        "bare_vosk_cpu_per_spoken_second": round(bare_speech / spoken, 5),
        "ratio_to_bare_vosk_on_the_same_sound": round((node + process) / bare_all, 2),
        "ratio_to_bare_vosk_on_the_speech_alone": round((node + process) / bare_speech, 2),
        "decision_to_text_p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "decision_to_text_p95_ms": round(waits[int(len(waits) * 0.95)] * 1000, 1),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = asyncio.run(measure(options.callers, options.seconds))
    if options.json:
        print(json.dumps(found))
        return
    table = Table("asr_cost", ("figure", "value"))
    table.note("Processor time in seconds; the ratios hold on any machine, the rest on this one.")
    for name, value in found.items():
        table.add(name.replace("_", " "), value)
    table.write()


if __name__ == "__main__":
    main()
