"""The node killed in mid-call: callers reach a person, and the next start loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from adapters.simulator.server import Simulator
from adapters.sql.store import SqlStore
from ivr.config import Config
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.robot.ear import Ear
from ivr.sip.phone import PhoneCall, PhoneError, RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, line_config

CALLER_HZ = 520.0
OPERATOR_HZ = 1130.0
BETWEEN_KEYS_S = 0.7


def as_environment(config: msgspec.Struct, prefix: str = "HOTLINE") -> dict[str, str]:
    """A configuration as the environment variables that give it."""
    found: dict[str, str] = {}
    for field in msgspec.structs.fields(type(config)):
        value = getattr(config, field.name)
        name = (
            f"{prefix}__{field.name.upper()}"
            if prefix != "HOTLINE"
            else f"HOTLINE_{field.name.upper()}"
        )
        if isinstance(value, msgspec.Struct):
            found |= as_environment(value, name)
        elif isinstance(value, bool):
            found[name] = "true" if value else "false"
        elif isinstance(value, int | float) or (isinstance(value, str | Path) and str(value)):
            found[name] = str(value)
    return found


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[asyncio.subprocess.Process]:
    """``hotline serve`` as a process, from when it says that the line is open."""
    # A file, not a pipe: the children of a killed node would hold a pipe open.
    told = config.data_dir / "serve.log"
    with told.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ivr.cli",
            "serve",
            env={**os.environ, **as_environment(config)},
            stderr=log,
        )
    try:
        async with asyncio.timeout(60):
            while "line is open" not in told.read_text(encoding="utf-8"):
                assert process.returncode is None, told.read_text(encoding="utf-8")
                await asyncio.sleep(0.1)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()


async def prompt_over(call: PhoneCall) -> None:
    """Wait until the hotline has spoken and paused."""
    ear = Ear()
    async with asyncio.timeout(40):
        async for frame in call.heard():
            ear.hear(frame.pcm)
            if ear.prompt_over:
                return


async def taken_down(config: Config, county: str) -> None:
    """Wait until the call in progress has that county."""
    store = SqlStore(config.database_url)
    try:
        async with asyncio.timeout(30):
            while True:
                calls = await store.unfinished_calls(config.node_name)
                if any(draft and draft.place.county == county for _, draft in calls):
                    return
                await asyncio.sleep(0.1)
    finally:
        await store.close()


@pytest.mark.timeout(180)
async def test_a_node_killed_in_mid_call_loses_nothing(tmp_path: Path) -> None:
    async with Simulator() as platform, RobotPhone("operator") as operator:
        operator.answers(0.2)
        config = line_config(tmp_path, platform, operator.uri)
        async with RobotPhone(CALLER) as phone:
            async with serving(config) as node:
                call = await phone.dial(config.sip.uri, codec="PCMA")
                await call.up()
                await prompt_over(call)
                # The first question also takes four-digit numbers, so a lone key ends with #.
                for keys in ("1#", "1", "2", "2", "2"):
                    for key in keys:
                        await call.send_key(key)
                        await asyncio.sleep(BETWEEN_KEYS_S)
                await taken_down(config, "银海区")
                await call.play(tone(600, 2.0))
                node.kill()
                await node.wait()
                # The worker lives on, and rings the operator.
                person = await operator.incoming(40)
                await person.up()
                await call.play(tone(CALLER_HZ, 8.0), loop=True)
                await person.play(tone(OPERATOR_HZ, 8.0), loop=True)
                await call.hears_tone(OPERATOR_HZ, timeout_s=20)
                await person.hears_tone(CALLER_HZ, timeout_s=20)
            await call.hang_up()
            with pytest.raises(PhoneError):
                await person.reaches("held", 5)
        async with serving(config):
            async with asyncio.timeout(20):
                while not (received := await platform.tickets()):
                    await asyncio.sleep(0.1)
        (one,) = received
        assert not one.ticket.complete
        assert one.ticket.address.county == "银海区"
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    manifest = read_manifest(manifest_of(audio))
    assert manifest.outcome == "interrupted"
    assert manifest.tickets == (one.ticket.ticket_no,)
    assert manifest.ms > 2000
