"""A telephone company's registrar: Kamailio with digest authentication."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

from ivr.sip.kamailio import find_program
from ivr.sip.options import ping
from tests.ports import free_port

TEMPLATE = Path(__file__).with_name("registrar.cfg")


@contextlib.asynccontextmanager
async def registrar(run_dir: Path, outside_port: int = 9) -> AsyncIterator[int]:
    """Runs it; gives its port. Calls from customers go to 127.0.0.1:``outside_port``."""
    port = free_port()
    config = run_dir / "registrar.cfg"
    text = TEMPLATE.read_text(encoding="utf-8")
    config.write_text(text.replace("@PORT@", str(port)).replace("@OUTSIDE@", str(outside_port)))
    with (run_dir / "registrar.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            find_program("kamailio"),
            *("-f", str(config), "-DD", "-E", "-m", "16", "-M", "4", "-Y", str(run_dir)),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(100):
            if await ping("127.0.0.1", port, timeout_s=0.1):
                break
        else:
            raise RuntimeError((run_dir / "registrar.log").read_text())
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        await process.wait()
