"""What a call costs: processor time of workers, node and Kamailio with audio both ways.

    python -m bench.sip_load [--calls 20] [--seconds 15]

Robot phones in processes of their own call the line; every caller speaks all the time and is
played something all the time, every call is recorded. Tells shares of one processor core, as
they travel between machines better than absolute figures, and how evenly the sound flows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
import wave
from pathlib import Path

from bench.report import Table
from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone, free_port
from ivr.sip.pool import WorkerCall
from ivr.sip.settings import SipSettings
from ivr.sip.tones import tone

LEGS = 4
LONGEST_S = 60


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used, 0 if it is gone."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def private_mb(pid: int) -> float:
    """Memory that only this process has, in MB."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024
    return 0.0


def group_of(leader: int) -> list[int]:
    """The processes of one process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == leader:
                    found.append(int(entry.name))
    return found


def percentile(values: list[float], share: float) -> float:
    """The value below which ``share`` of ``values`` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Counters:
    """What the node sees while the load is on."""

    def __init__(self) -> None:
        self.up = 0
        self.gaps_ms: list[float] = []


async def measure(calls: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        await _measure(Path(directory), calls, seconds)


async def _measure(work: Path, calls: int, seconds: float) -> None:
    prompt = work / "prompt.wav"
    with wave.open(str(prompt), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(tone(440, 2.0))
    counters = Counters()

    async def on_call(call: WorkerCall) -> None:
        call.send(m.Answer())
        last = 0.0
        async for message in call:
            if isinstance(message, m.Audio):
                now = time.monotonic()
                if last:
                    counters.gaps_ms.append((now - last) * 1000)
                last = now
            elif isinstance(message, m.LegChanged) and message.state == "up":
                counters.up += 1
                call.send(m.StartRecording(str(work / f"{call.incoming.call_id}.wav")))
                call.send(m.Play(1, (str(prompt),), loop=True))

    settings = SipSettings(
        port=free_port(),
        internal_port=free_port(),
        worker_port=11000,
        rtp_port=12000,
        max_calls=calls,
        run_dir=str(work / "run"),
    )
    async with PhoneLine(settings, on_call) as line:
        assert line.kamailio is not None
        await asyncio.sleep(2.0)
        workers = list(line.pool.pids.values())
        idle = sum(map(cpu_s, workers))
        await asyncio.sleep(3.0)
        idle = (sum(map(cpu_s, workers)) - idle) / 3.0 / len(workers)
        callers = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.sip_load",
            *("--callers", settings.uri, "--calls", str(calls), "--seconds", str(seconds + 6)),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(30):
                while counters.up < calls:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(2.0)
            groups = {
                "worker": workers,
                "node": [os.getpid()],
                "kamailio": group_of(line.kamailio.pid),
            }
            before = {name: sum(map(cpu_s, pids)) for name, pids in groups.items()}
            counters.gaps_ms.clear()
            began = time.monotonic()
            await asyncio.sleep(seconds)
            took = time.monotonic() - began
            used = {
                name: (sum(map(cpu_s, pids)) - before[name]) / took for name, pids in groups.items()
            }
            gaps = list(counters.gaps_ms)
            memory = sum(map(private_mb, workers)) / len(workers)
            load = os.getloadavg()[0]
            output, _ = await callers.communicate()
        finally:
            if callers.returncode is None:
                callers.kill()
                await callers.wait()
    table = Table("sip_load", ("figure", "value"))
    table.note("Shares are of one processor core.")
    table.add("calls at once", calls)
    table.add("load average", f"{load:.1f}")
    for name, share in used.items():
        table.add(f"{name}, per call", f"{share / calls:.2%}")
    table.add("all of it, per call", f"{sum(used.values()) / calls:.2%}")
    table.add("idle worker", f"{idle:.2%}")
    table.add("private memory per worker", f"{memory:.1f} MB")
    table.add("the node hears 40 ms of sound every", _spread(gaps))
    heard = [float(gap) for gap in output.split()]
    table.add("a caller hears 20 ms of sound every", _spread(heard))
    table.write()


def _spread(gaps_ms: list[float]) -> str:
    return f"p50 {percentile(gaps_ms, 0.5):.1f} ms, p99 {percentile(gaps_ms, 0.99):.1f} ms"


async def call_in(uri: str, calls: int, seconds: float) -> None:
    """The callers' side: as many calls as asked for, all speaking."""
    phones = [RobotPhone(f"1390000{number:04}") for number in range(-(-calls // LEGS))]
    async with contextlib.AsyncExitStack() as stack:
        for phone in phones:
            await stack.enter_async_context(phone)
        made = [await phones[number // LEGS].dial(uri) for number in range(calls)]
        for call in made:
            await call.up(20)
            await call.play(tone(700, 2.0), loop=True)
        await asyncio.sleep(seconds)
        gaps = [
            (after.at - before.at) * 1000
            for call in made
            for before, after in zip(call.frames, call.frames[1:], strict=False)
        ]
        # For the bench, which has started this process.
        print(*(f"{gap:.2f}" for gap in gaps))


def main() -> None:
    parser = argparse.ArgumentParser(description="What a call costs.")
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--callers", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    seconds = min(LONGEST_S, chosen.seconds)
    if chosen.callers:
        asyncio.run(call_in(chosen.callers, chosen.calls, seconds))
    else:
        asyncio.run(measure(chosen.calls, seconds))


if __name__ == "__main__":
    main()
