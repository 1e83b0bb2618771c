"""Runs baresip, a third make of SIP phone: it calls or registers, says a WAV file, types keys."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from collections.abc import AsyncIterator
from pathlib import Path

from tests.ports import ports

PROGRAM = "baresip"
MEDIA_PORTS = 20
MODULES = next(iter(Path("/usr/lib").glob("**/baresip/modules")), Path("/usr/lib/baresip/modules"))


@contextlib.asynccontextmanager
async def calling(
    uri: str, work_dir: Path, sound: Path, codec: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Has baresip call ``uri`` and say ``sound``; it hangs up at the end of the block.

    ``sound`` has the sample rate of ``codec`` ("G722/16000/1"). What baresip hears is left in
    ``work_dir``: see :func:`heard`.
    """
    account = f"<sip:baresip@127.0.0.1>;regint=0;audio_codecs={codec}"
    async with _running(work_dir, sound, account, "-e", f"/dial {uri}") as process:
        yield process


@contextlib.asynccontextmanager
async def registering(
    user: str, realm: str, password: str, server: str, work_dir: Path, sound: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Has baresip register as ``user@realm`` at ``server`` ("sip:host:port"), and answer calls.

    It says ``sound`` (8 kHz) to who calls.
    """
    account = (
        f'<sip:{user}@{realm}>;auth_pass={password};outbound="{server}";regint=60;'
        "answermode=auto;audio_codecs=PCMA/8000/1"
    )
    async with _running(work_dir, sound, account) as process:
        yield process


@contextlib.asynccontextmanager
async def _running(
    work_dir: Path, sound: Path, account: str, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    port = ports(1 + MEDIA_PORTS)
    (work_dir / "config").write_text(
        f"sip_listen 127.0.0.1:{port}\n"
        f"module_path {MODULES}\n"
        "module g711.so\nmodule g722.so\nmodule aufile.so\nmodule stdio.so\nmodule sndfile.so\n"
        f"snd_path {work_dir}\n"
        "module_app account.so\nmodule_app menu.so\n"
        f"audio_source aufile,{sound}\n"
        f"audio_level no\nrtp_ports {port + 1}-{port + MEDIA_PORTS}\n",
        encoding="utf-8",
    )
    (work_dir / "accounts").write_text(f"{account}\n", encoding="utf-8")
    (work_dir / "contacts").touch()
    with (work_dir / "baresip.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            *("-4", "-f", str(work_dir), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 5.0)
        except TimeoutError:
            process.kill()
            await process.wait()


async def type_key(process: asyncio.subprocess.Process, key: str) -> None:
    """Press ``key`` in the call."""
    assert process.stdin is not None
    process.stdin.write(key.encode())
    await process.stdin.drain()


def heard(work_dir: Path) -> tuple[int, bytes]:
    """Sample rate and samples of what baresip heard in its last call."""
    path = max(work_dir.glob("dump-*-dec.wav"))
    with wave.open(str(path), "rb") as file:
        return file.getframerate(), file.readframes(file.getnframes())
