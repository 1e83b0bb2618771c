"""How quickly the hotline reacts, measured by a telephone on the line.

Every prompt is replaced by a short tone (the way a city replaces prompts), so that the first
and the last moment of each are sharp. Three figures, over real SIP calls through Kamailio,
worker, decoder and dialogue:

- key to next prompt: a key in a menu, from its press to the first sound of the next prompt;
- speech to next prompt: from the last sound of what is said to the first of the next prompt,
  for a short answer that is expected and for a whole sentence at the open question;
- barge-in to silence: from 250 ms of sustained speech over a prompt to the prompt's last sound.

The speech is synthetic (recorded from Kokoro). ``python -m bench.turnaround [turns]``.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bench.report import Table, percentiles
from flows.dialogue.data import load_flow_data
from ivr.config import Config
from ivr.robot.mouth import SHIPPED, read_index
from ivr.sip.phone import PhoneCall, PhoneError, RobotPhone
from ivr.sip.sound import read_wav
from ivr.sip.tones import loudness, tone
from ivr.speech.pcm import write_wav
from tests.calls.line import Line, open_line, with_settings

TURNS = 100
AT_ONCE = 3
# A menu is said in a dozen pieces; a question that is talked over must last a while.
MENU_TONE_S = 0.15
QUESTION_TONE_S = 1.2
LOUD = 300.0
FRAME_S = 0.02
SUSTAINED_S = 0.25
ASK_AGAIN = "再说一遍"
STORY = "我们小区门口的路灯坏了半个月了"
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


def tone_prompts(directory: Path, seconds: float) -> None:
    """Replace every prompt by a tone of ``seconds``."""
    directory.mkdir()
    for prompt in load_flow_data().prompts:
        samples = np.frombuffer(tone(500, seconds), np.int16)
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
            await _quiet(meter, 0.0)
            opened = asyncio.get_running_loop().time()
            await call.send_key("1")  # any key at the open question opens the menu
            await _quiet(meter, opened)
            for turn in range(min(TURNS_A_CALL, wanted - len(found))):
                pressed = asyncio.get_running_loop().time()
                await call.send_key("*" if turn % 2 else "1")
                began = await meter.begins(pressed)
                found.append(began - pressed)
                progress("keys", len(found), wanted)
                await _quiet(meter, began)
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
            await _quiet(meter, 0.0)
            for _ in range(min(TURNS_A_CALL, wanted - len(answers))):
                said = await call.play(words)
                started = await meter.begins(said.ended)
                answers.append(started - said.ended)
                progress("speech", len(answers), wanted)
                # The repeated prompt is on: talk over it.
                await asyncio.sleep(0.3)
                said = await call.play(words)
                silences.append(await meter.ends(said.began) - said.began - SUSTAINED_S)
                await _quiet(meter, said.ended)
            await call.hang_up()
    return answers, silences


async def stories(line: Line, wanted: int) -> list[float]:
    """Speech to next prompt after a whole sentence at the open question, in seconds."""
    recorded = next(item for item in read_index() if item.text == STORY)
    words = voiced_part(read_wav(str(SHIPPED / recorded.file)))
    found: list[float] = []
    for _ in range(wanted):
        async with RobotPhone("13900000003") as phone:
            call = await line.call(phone)
            meter = Meter(call)
            await _quiet(meter, 0.0)
            said = await call.play(words)
            found.append(await meter.begins(said.ended) - said.ended)
            progress("stories", len(found), wanted)
            await call.hang_up()
    return found


async def _quiet(meter: Meter, after: float) -> None:
    """Wait until a prompt has begun after ``after``, and all that follows on it is over."""
    end = await meter.ends(await meter.begins(after))
    while True:
        await asyncio.sleep(0.35)
        try:
            end = await meter.ends(await meter.begins(end, 0.1))
        except TimeoutError:
            return


def shares(turns: int) -> list[int]:
    """The turns of each of the calls that are made at once."""
    return [len(range(at, turns, AT_ONCE)) for at in range(min(AT_ONCE, turns))]


@asynccontextmanager
async def line_of_tones(folder: Path, seconds: float) -> AsyncIterator[Line]:
    """A line whose prompts are tones of ``seconds``."""
    prompts = folder / "prompts"
    folder.mkdir()
    tone_prompts(prompts, seconds)

    def change(config: Config) -> Config:
        config = with_settings(config, "speech", prompts_dir=prompts)
        return with_settings(config, "dialogue", no_input_s=20.0)

    async with open_line(folder / "data", change) as line:
        yield line


async def measure(turns: int) -> Table:
    """The figures as p50 and p95 in milliseconds."""
    table = Table("turnaround", ("figure", "turns", "p50 ms", "p95 ms", "aim"))
    with tempfile.TemporaryDirectory() as folder:
        async with line_of_tones(Path(folder) / "keys", MENU_TONE_S) as line:
            keyed = await asyncio.gather(*(keys(line, n) for n in shares(turns)))
            pressed = [one for some in keyed for one in some]
        async with line_of_tones(Path(folder) / "speech", QUESTION_TONE_S) as line:
            spoken = await asyncio.gather(*(speech(line, n) for n in shares(turns)))
            answers = [one for some, _ in spoken for one in some]
            silences = [one for _, some in spoken for one in some]
            told = await stories(line, max(1, turns // 10))
    table.add("key to next prompt", len(pressed), *percentiles(pressed), "p95 200")
    aim = "p50 800, p95 1500"
    table.add("speech to next prompt, short answer", len(answers), *percentiles(answers), aim)
    table.add("speech to next prompt, whole sentence", len(told), *percentiles(told), aim)
    both = answers + told
    table.add("speech to next prompt, both", len(both), *percentiles(both), aim)
    table.add("barge-in to silence", len(silences), *percentiles(silences), "p95 300")
    return table


def main() -> None:
    """Measure and print."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    try:
        table = asyncio.run(measure(turns))
    except PhoneError as error:
        sys.exit(f"turnaround: {error}")
    table.note("Spoken answers are synthetic speech. All on loopback, three calls at a time.")
    table.write()


if __name__ == "__main__":
    main()
