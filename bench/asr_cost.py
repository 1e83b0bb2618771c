"""What hearing costs: the listener and the decoder process against bare Vosk.

    python -m bench.asr_cost [--callers 20] [--seconds 30] [--json]

Callers speak at the pace of real time, each into a listener of its own, all into one decoder
process. At the same time another process gives the same sound at the same pace to bare Vosk: a
recogniser a caller, pieces of 100 ms, partial results, Vosk's own endpointing, the same number of
alternatives, and nothing else. Both sleep between the pieces, which makes any code dearer than
when it runs flat out, so the ratio compares like with like; it holds on other machines, the
absolute figures do not. Bare Vosk flat out is told as well. The pauses between what a caller says
are short in the one run (a caller who talks nearly all the time) and long in the other (one who
mostly listens to the hotline).

The sound is synthetic speech of one voice with digital silence between.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from asr.decoder import DecoderProcess
from asr.engine import BYTES_PER_SECOND, SAMPLE_RATE
from asr.listener import Listener
from asr.probe import PROBE_TEXT, probe_pcm
from asr.selection import default_model_dir
from asr.settings import AsrSettings
from asr.turns import ListenerEvent, TurnEnded
from bench.report import Table

FRAME_MS = 60
PAUSES_S = {"short pauses": 1.5, "long pauses": 6.0}

# Sound comes on standard input. In real time (argument 3 is "paced") or flat out.
BARE = """
import sys, time, vosk
model_dir, callers, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sound = sys.stdin.buffer.read()
vosk.SetLogLevel(-1)
model = vosk.Model(model_dir)
def fresh():
    recogniser = vosk.KaldiRecognizer(model, 8000)
    recogniser.SetWords(True)
    recogniser.SetMaxAlternatives(5)
    return recogniser
recognisers = [fresh() for _ in range(callers)]
print("ready", flush=True)
began, cpu = time.monotonic(), time.process_time()
for number, at in enumerate(range(0, len(sound), 1600), start=1):
    if how == "paced":
        time.sleep(max(0.0, began + number / 10 - time.monotonic()))
    for recogniser in recognisers:
        if recogniser.AcceptWaveform(sound[at:at + 1600]):
            recogniser.Result()
        else:
            recogniser.PartialResult()
for recogniser in recognisers:
    recogniser.FinalResult()
print(time.process_time() - cpu)
"""


def cpu_of(pid: int) -> float:
    """User and system time that a process has taken, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bare:
    """Bare Vosk in a process of its own."""

    def __init__(self, sound: bytes, model: Path, callers: int, how: str) -> None:
        self._sound = sound
        self._command = (sys.executable, "-c", BARE, str(model), str(callers), how)

    async def cpu(self) -> float:
        """The CPU seconds that it takes."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
        told, _ = await process.communicate(self._sound)
        return float(told.split()[-1])


class Callers:
    """So many callers who say the same, a little after each other, in real time."""

    def __init__(self, decoder: DecoderProcess, count: int, sound: bytes, pause_s: float) -> None:
        self.turns: list[TurnEnded] = []
        self.waits: list[float] = []
        self._began = 0.0
        self._sounds = []
        self._listeners = []
        for number in range(count):
            late = round(number * 0.137 % pause_s, 2)
            silence = bytes(int(late * SAMPLE_RATE) * 2)
            self._sounds.append(silence + sound)
            self._listeners.append(Listener(decoder, AsrSettings().listen, self._heard))

    def _heard(self, event: ListenerEvent) -> None:
        if isinstance(event, TurnEnded):
            self.turns.append(event)
            now = asyncio.get_running_loop().time()
            self.waits.append(now - self._began - event.decided_at)

    async def speak(self) -> None:
        """Say all of it."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        step = BYTES_PER_SECOND * FRAME_MS // 1000
        longest = max(len(sound) for sound in self._sounds)
        for number, at in enumerate(range(0, longest, step), start=1):
            await asyncio.sleep(max(0.0, self._began + number * FRAME_MS / 1000 - loop.time()))
            for listener, sound in zip(self._listeners, self._sounds, strict=True):
                listener.feed(sound[at : at + step])
        for listener in self._listeners:
            await listener.flush()
            listener.close()


async def measure(callers: int, seconds: float, pause_s: float) -> dict[str, float]:
    """Run the callers beside bare Vosk, then bare Vosk flat out."""
    model = default_model_dir()
    speech = probe_pcm()
    pause = bytes(int(SAMPLE_RATE * pause_s) * 2)
    repeats = max(1, int(seconds * BYTES_PER_SECOND / len(speech + pause)))
    sound = (speech + pause) * repeats
    decoder = DecoderProcess(AsrSettings(model=str(model)))
    await decoder.start()
    assert decoder.pid is not None
    bare = asyncio.create_task(Bare(sound, model, callers, "paced").cpu())
    all_of_them = Callers(decoder, callers, sound, pause_s)
    node, process = time.process_time(), cpu_of(decoder.pid)
    await all_of_them.speak()
    node, process = time.process_time() - node, cpu_of(decoder.pid) - process
    decoded = decoder.strain.decoded_s
    await decoder.close()
    paced = await bare
    flat_out = await Bare(sound, model, 1, "flat out").cpu() * callers
    spoken = callers * repeats * len(speech) / BYTES_PER_SECOND
    waits = sorted(all_of_them.waits)
    turns = all_of_them.turns
    return {
        "callers": callers,
        "seconds of sound": round(callers * len(sound) / BYTES_PER_SECOND, 1),
        "seconds of it decoded": decoded,
        "turns": len(turns),
        "turns right": sum(turn.result.text == PROBE_TEXT for turn in turns),
        "node, CPU s per spoken s": round(node / spoken, 5),
        "decoder, CPU s per spoken s": round(process / spoken, 5),
        "bare Vosk beside it, CPU s per spoken s": round(paced / spoken, 5),
        "bare Vosk flat out, CPU s per spoken s": round(flat_out / spoken, 5),
        "the line to bare Vosk": round((node + process) / paced, 2),
        "the line to bare Vosk flat out": round((node + process) / flat_out, 2),
        "decision to text, p50 ms": round(waits[len(waits) // 2] * 1000, 1),
        "decision to text, p95 ms": round(waits[int(len(waits) * 0.95)] * 1000, 1),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {
        name: asyncio.run(measure(options.callers, options.seconds, pause))
        for name, pause in PAUSES_S.items()
    }
    if options.json:
        print(json.dumps(found))
        return
    table = Table("asr_cost", ("figure", *found))
    table.note("Synthetic speech of one voice. The ratios hold on any machine, the rest on this.")
    for figure in next(iter(found.values())):
        table.add(figure, *(column[figure] for column in found.values()))
    table.write()


if __name__ == "__main__":
    main()
