"""How quickly the hotline reacts, measured by a telephone on the line.

Every prompt is replaced by a short tone (the way a city replaces prompts), so that the first
and the last moment of each are sharp. Three figures, over real SIP calls through Kamailio,
worker, decoder and dialogue:

- key to next prompt: a key in a menu, from its press to the first sound of the next prompt;
- speech to next prompt: from the last sound of a spoken answer to the first of the next prompt;
- barge-in to silence: from 250 ms of sustained speech over a prompt to the prompt's last sound.

The speech is synthetic (recorded from Kokoro). ``python -m bench.turnaround [turns]``.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import numpy as np

from bench.report import Table, percentiles
from flows.dialogue.data import load_flow_data
from ivr.robot.mouth import SHIPPED, read_index
from ivr.sip.phone import PhoneCall, PhoneError, RobotPhone
from ivr.sip.sound import read_wav
from ivr.sip.tones import loudness, tone
from ivr.speech.pcm import write_wav
from tests.calls.line import Line, open_line, with_settings

TURNS = 100
TONE_S = 1.2
LOUD = 300.0
FRAME_S = 0.02
SUSTAINED_S = 0.25
ASK_AGAIN = "再说一遍"
# A call that takes many more turns is given to a person.
TURNS_A_CALL = 30


class Meter:
    """Finds the edges of sound in what a call hears."""

    def __init__(self, call: PhoneCall) -> None:
        self._call = call

    async def begins(self, after: float, timeout_s: float = 8.0) -> float:
        """When sound first begins after ``after``, having been silent."""
        return await self._edge(after, True, timeout_s)

    async def ends(self, after: float, timeout_s: float = 8.0) -> float:
        """When sound first ends after ``after``: the end of its last loud frame."""
        return await self._edge(after, False, timeout_s)

    async def _edge(self, after: float, loud: bool, timeout_s: float) -> float:
        async with asyncio.timeout(timeout_s):
            while True:
                frames = [frame for frame in self._call.frames[-500:] if frame.at >= after]
                for at, frame in enumerate(frames[:-1]):
                    # Two frames in a row: one alone may be a concealed loss.
                    pair = frames[at : at + 2]
                    if all((loudness(one.pcm) > LOUD) == loud for one in pair):
                        return frame.at
                await asyncio.sleep(FRAME_S)


def tone_prompts(directory: Path) -> None:
    """Replace every prompt by a tone."""
    for prompt in load_flow_data().prompts:
        samples = np.frombuffer(tone(500, TONE_S), np.int16)
        write_wav(directory / f"{prompt}.wav", samples)


def voiced_part(pcm: bytes) -> bytes:
    """Speech without the silence around it."""
    samples = np.frombuffer(pcm, np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
    return samples[loud[0] : loud[-1] + 1].tobytes()


def progress(what: str, done: int, total: int) -> None:
    """Say how far the bench is."""
    end = "\n" if done == total else ""
    print(f"\r{what} {done}/{total}", end=end, file=sys.stderr, flush=True)


async def keys(line: Line, wanted: int) -> list[float]:
    """Key to next prompt, in seconds."""
    found: list[float] = []
    while len(found) < wanted:
        async with RobotPhone("13900000001") as phone:
            call = await line.call(phone)
            meter = Meter(call)
            await _quiet(call, meter)
            await call.send_key("1")  # any key at the open question opens the menu
            await _quiet(call, meter)
            for turn in range(min(TURNS_A_CALL, wanted - len(found))):
                pressed = asyncio.get_running_loop().time()
                await call.send_key("*" if turn % 2 else "1")
                found.append(await meter.begins(pressed) - pressed)
                progress("keys", len(found), wanted)
                await _quiet(call, meter)
            await call.hang_up()
    return found


async def speech(line: Line, wanted: int) -> tuple[list[float], list[float]]:
    """Speech to next prompt, and barge-in to silence, in seconds."""
    recorded = next(item for item in read_index() if item.text == ASK_AGAIN)
    words = voiced_part(read_wav(str(SHIPPED / recorded.file)))
    answers: list[float] = []
    silences: list[float] = []
    while len(answers) < wanted:
        async with RobotPhone("13900000002") as phone:
            call = await line.call(phone)
            meter = Meter(call)
            await _quiet(call, meter)
            for _ in range(min(TURNS_A_CALL, wanted - len(answers))):
                said = await call.play(words)
                started = await meter.begins(said.ended)
                answers.append(started - said.ended)
                progress("speech", len(answers), wanted)
                # The repeated prompt is on: talk over it.
                await asyncio.sleep(0.3)
                said = await call.play(words)
                silences.append(await meter.ends(said.began) - said.began - SUSTAINED_S)
                await meter.begins(said.ended)
                await _quiet(call, meter)
            await call.hang_up()
    return answers, silences


async def _quiet(call: PhoneCall, meter: Meter) -> None:
    """Wait until the prompt going on (or about to begin) is over for good."""
    now = asyncio.get_running_loop().time()
    end = await meter.ends(await meter.begins(now - TONE_S))
    while True:
        await asyncio.sleep(0.35)
        try:
            end = await meter.ends(await meter.begins(end, 0.1))
        except TimeoutError:
            return


async def measure(turns: int) -> Table:
    """The three figures as p50 and p95 in milliseconds."""
    table = Table("turnaround", ("figure", "turns", "p50 ms", "p95 ms", "aim"))
    with tempfile.TemporaryDirectory() as folder:
        prompts = Path(folder) / "prompts"
        prompts.mkdir()
        tone_prompts(prompts)
        async with open_line(
            Path(folder) / "data",
            lambda config: with_settings(
                with_settings(config, "speech", prompts_dir=prompts), "dialogue", no_input_s=20.0
            ),
        ) as line:
            pressed = await keys(line, turns)
            answers, silences = await speech(line, turns)
    table.add("key to next prompt", len(pressed), *percentiles(pressed), "p95 200")
    table.add("speech to next prompt", len(answers), *percentiles(answers), "p50 800, p95 1500")
    table.add("barge-in to silence", len(silences), *percentiles(silences), "p95 300")
    return table


def main() -> None:
    """Measure and print."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    try:
        table = asyncio.run(measure(turns))
    except PhoneError as error:
        sys.exit(f"turnaround: {error}")
    table.note("Spoken answers are synthetic speech. All on loopback, one call at a time.")
    table.write()


if __name__ == "__main__":
    main()
