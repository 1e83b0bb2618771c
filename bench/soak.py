"""Thousands of utterances through one decoder process: does its memory stay flat?

    python -m bench.soak [utterances] [--at-once 4] [--minutes 30]

Real recordings of synthetic callers (shipped, from Kokoro) go through the decoder process in
turn, in pieces as the line sends them, a few at once, as fast as they are decoded; each tenth is
given up in the middle. The resident memory of the decoder process and of this one (the
node's side) is read at intervals. Table and plot go to ``bench/results/soak.*``.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from asr.decoder import DecoderProcess
from asr.engine import BYTES_PER_SECOND
from asr.settings import AsrSettings
from bench.report import RESULTS, Table
from ivr.robot.mouth import SHIPPED, read_index
from ivr.sip.sound import read_wav

LONGEST_S = 3.0
GIVEN_UP = 10
ROWS = 20
PIECE = BYTES_PER_SECOND * 60 // 1000
SEED = 5
# Everything is fed at once, so nothing may be given up for being late.
MAX_LAG_S = 1e6
# (utterances, decoder MiB, node MiB, minutes)
Sample = tuple[int, float, float, float]


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def short_recordings() -> list[bytes]:
    """The shipped callers' recordings up to three seconds long."""
    sounds = [read_wav(str(SHIPPED / one.file)) for one in read_index()]
    return [sound for sound in sounds if len(sound) <= LONGEST_S * BYTES_PER_SECOND]


class Soak:
    """One run; counts what happened."""

    def __init__(self, decoder: DecoderProcess, sounds: list[bytes], utterances: int) -> None:
        self._decoder = decoder
        self._sounds = sounds
        self._wanted = utterances
        self._chance = random.Random(SEED)
        self.begun = 0
        self.over = 0
        self.with_words = 0
        self.given_up = 0
        self.audio_s = 0.0

    async def caller(self, until: float) -> None:
        """Say one thing after another until enough has been said or the time is over."""
        while self.begun < self._wanted and time.monotonic() < until:
            self.begun += 1
            await self._say(self._chance.choice(self._sounds), self.begun % GIVEN_UP == 0)
            self.over += 1

    async def _say(self, sound: bytes, give_up: bool) -> None:
        stream = self._decoder.open(lambda text: None)
        part = sound[: len(sound) // 4 * 2] if give_up else sound
        self.audio_s += len(part) / BYTES_PER_SECOND
        for at in range(0, len(part), PIECE):
            stream.feed(part[at : at + PIECE])
        if give_up:
            self.given_up += 1
            stream.cancel()
            await asyncio.sleep(0)
        elif (await stream.finish()).text:
            self.with_words += 1


async def measure(utterances: int, at_once: int, minutes: float) -> tuple[Soak, list[Sample], int]:
    """Run it; how it went, the memory at intervals, and how often the decoder was restarted."""
    settings = AsrSettings(max_lag_s=MAX_LAG_S, final_timeout_s=120.0)
    decoder = DecoderProcess(settings)
    await decoder.start()
    pid = decoder.pid
    assert pid is not None
    soak = Soak(decoder, short_recordings(), utterances)
    began = time.monotonic()
    callers = asyncio.gather(*(soak.caller(began + minutes * 60) for _ in range(at_once)))
    samples: list[Sample] = []
    every = max(1, utterances // ROWS)

    def sample() -> None:
        passed = (time.monotonic() - began) / 60
        samples.append((soak.over, resident_mb(pid), resident_mb(os.getpid()), passed))
        print(f"{soak.over} utterances, decoder {samples[-1][1]:.1f} MiB", file=sys.stderr)

    while not callers.done():
        if soak.over >= every * len(samples):
            sample()
        await asyncio.sleep(0.05)
    await callers
    sample()
    await decoder.close()
    return soak, samples, decoder.restarts


def keep(soak: Soak, samples: list[Sample], restarts: int, utterances: int) -> None:
    """Write table and plot."""
    table = Table("soak", ("utterances", "decoder MiB", "node's side MiB", "minutes"))
    table.note(
        f"{soak.over} utterances run of {utterances} wanted, {soak.audio_s / 60:.0f} minutes of "
        f"synthetic speech; {soak.given_up} given up in the middle, {soak.with_words} of the "
        f"others with words; decoder restarted {restarts} times."
    )
    half = samples[len(samples) // 2 :]
    growth = (half[-1][1] - half[0][1]) / max(1, half[-1][0] - half[0][0]) * 1000
    table.note(f"Growth over the second half: {growth:+.2f} MiB per 1,000 utterances.")
    for count, ours, node, minutes in samples:
        table.add(count, f"{ours:.1f}", f"{node:.1f}", f"{minutes:.1f}")
    table.write()
    plt.figure(figsize=(7, 3.5))
    counts = [count for count, *_ in samples]
    plt.plot(counts, [one[1] for one in samples], marker=".", label="decoder process")
    plt.plot(counts, [one[2] for one in samples], marker=".", label="node's side")
    plt.ylim(bottom=0)
    plt.xlabel("utterances (synthetic speech)")
    plt.ylabel("resident memory, MiB")
    plt.legend()
    plt.tight_layout()
    plt.savefig(RESULTS / "soak.png", dpi=110)


def main() -> None:
    """Run, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("utterances", type=int, nargs="?", default=10_000)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=30.0, help="stop after this long")
    options = parser.parse_args()
    keep(
        *asyncio.run(measure(options.utterances, options.at_once, options.minutes)),
        options.utterances,
    )


if __name__ == "__main__":
    main()
