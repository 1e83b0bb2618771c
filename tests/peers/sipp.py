"""Runs sipp, a second make of SIP phone, with the scenarios of this directory."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import msgspec

from tests.ports import ports

HERE = Path(__file__).parent


class Outcome(msgspec.Struct, frozen=True):
    """What became of the calls; ``output`` is what sipp printed and complained of, ``log`` what
    the scenario logged."""

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
    timeout_s: int = 90,
) -> Outcome:
    """Run ``scenario`` against ``target`` (host:port) from 127.0.0.1 until all is over."""
    # For each call two for sound and two for pictures.
    port = ports(1 + 4 * at_once + 4)
    media_port = port + 1
    log = work_dir / f"log-{port}.txt"
    errors = work_dir / f"errors-{port}.txt"
    stats = work_dir / f"stats-{port}.csv"
    process = await asyncio.create_subprocess_exec(
        "sipp",
        target,
        *("-sf", str(HERE / f"{scenario}.xml"), "-i", "127.0.0.1", "-p", str(port)),
        *("-mp", str(media_port), "-m", str(calls), "-l", str(at_once), "-r", str(per_s)),
        *("-d", str(talk_ms), "-t", transport, "-timeout", str(timeout_s), "-nostdin"),
        *("-key", "payload", str(codec[0]), "-key", "codec", codec[1]),
        *("-trace_logs", "-log_file", str(log), "-trace_stat", "-stf", str(stats)),
        *("-trace_err", "-error_file", str(errors)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=work_dir,
    )
    said, _ = await process.communicate()
    output = said.decode(errors="replace") + _text(errors)
    # Without statistics it has not even begun.
    rows = list(csv.DictReader(_text(stats).splitlines(), delimiter=";"))
    last = rows[-1] if rows else {"SuccessfulCall(C)": "0", "FailedCall(C)": str(calls)}
    return Outcome(int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), output, _text(log))


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
