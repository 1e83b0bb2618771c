"""Runs sipp, a second make of SIP phone, with the scenarios of this directory."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import msgspec

from ivr.sip.phone import free_port

HERE = Path(__file__).parent


class Outcome(msgspec.Struct, frozen=True):
    """What became of the calls; ``output`` is what sipp printed, ``log`` what it logged."""

    succeeded: int
    failed: int
    output: str
    log: str


async def sipp(
    scenario: str,
    target: str,
    work_dir: Path,
    *,
    calls: int = 1,
    at_once: int = 1,
    per_s: int = 10,
    talk_ms: int = 500,
    transport: str = "u1",
    codec: tuple[int, str] = (8, "PCMA"),
    timeout_s: int = 30,
) -> Outcome:
    """Run ``scenario`` against ``target`` (host:port) from 127.0.0.1 until all is over."""
    port = free_port()
    media_port = 26000 + port % 2000 * 2
    log = work_dir / f"log-{port}.txt"
    stats = work_dir / f"stats-{port}.csv"
    process = await asyncio.create_subprocess_exec(
        "sipp",
        target,
        *("-sf", str(HERE / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port)),
        *("-mp", str(media_port), "-m", str(calls), "-l", str(at_once), "-r", str(per_s)),
        *("-d", str(talk_ms), "-t", transport, "-timeout", str(timeout_s), "-nostdin"),
        *("-key", "payload", str(codec[0]), "-key", "codec", codec[1]),
        *("-trace_logs", "-log_file", str(log), "-trace_stat", "-stf", str(stats)),
        *("-trace_err", "-error_file", str(work_dir / f"errors-{port}.txt")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=work_dir,
    )
    output, _ = await process.communicate()
    rows = list(csv.DictReader(stats.open(), delimiter=";"))
    last = rows[-1]
    return Outcome(
        int(last["SuccessfulCall(C)"]),
        int(last["FailedCall(C)"]),
        output.decode(errors="replace"),
        log.read_text(errors="replace") if log.exists() else "",
    )
