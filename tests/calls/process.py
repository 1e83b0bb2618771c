"""``hotline serve`` as a process of its own, and a caller who gets somewhere by keys."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from adapters.sql.store import SqlStore
from ivr.config import Config
from ivr.robot.ear import Ear
from ivr.sip.phone import PhoneCall
from tests.until import until

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


async def start(config: Config, toml: str = "") -> asyncio.subprocess.Process:
    """``hotline serve`` as a process; what it says goes into ``serve.log``.

    ``toml`` holds what the environment cannot say: lists and tables.
    """
    file = config.data_dir / "hotline.toml"
    file.write_text(toml, encoding="utf-8")
    # A file, not a pipe: the children of a killed node would hold a pipe open.
    with (config.data_dir / "serve.log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ivr.cli",
            "--config",
            str(file),
            "serve",
            env={**os.environ, **as_environment(config)},
            stderr=log,
        )


@asynccontextmanager
async def serving(config: Config, toml: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """``hotline serve`` as a process, from when it says that the line is open."""
    process = await start(config, toml)
    told = config.data_dir / "serve.log"
    try:

        def is_open() -> bool:
            assert process.returncode is None, told.read_text(encoding="utf-8")
            return "line is open" in told.read_text(encoding="utf-8")

        await until(is_open)
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

        async def known() -> bool:
            calls = await store.unfinished_calls(config.node_name)
            return any(draft and draft.place.county == county for _, draft in calls)

        await until(known)
    finally:
        await store.close()


async def complain(call: PhoneCall) -> None:
    """Get as far as the county of a complaint, by keys: 银海区."""
    # The first question also takes four-digit numbers, so a lone key ends with #.
    for keys in ("1#", "1", "2", "2", "2"):
        for key in keys:
            await call.send_key(key)
            await asyncio.sleep(BETWEEN_KEYS_S)
