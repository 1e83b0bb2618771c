"""The node is told to stop: while it starts, and while somebody talks to it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from adapters.sql.store import SqlStore
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, line_config
from tests.calls.process import complain, prompt_over, serving, start, taken_down
from tests.until import until


def processes_of(data_dir: Path) -> list[str]:
    """What every living process that was started for ``data_dir`` is called."""
    found = []
    mark = f"HOTLINE_DATA_DIR={data_dir}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def decoder_runs(data_dir: Path) -> bool:
    return any("asr.decoder" in name for name in processes_of(data_dir))


def workers_run(data_dir: Path) -> bool:
    return any("ivr.sip.forkserver" in name for name in processes_of(data_dir))


def kamailio_runs(data_dir: Path) -> bool:
    return (data_dir / "run" / "kamailio.pid").exists()


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (decoder_runs, signal.SIGTERM),
        (workers_run, signal.SIGINT),
        (workers_run, signal.SIGTERM),
        (kamailio_runs, signal.SIGTERM),
    ],
)
async def test_a_start_that_is_cut_short_leaves_nothing_running(
    tmp_path: Path, moment: Callable[[Path], bool], number: signal.Signals
) -> None:
    async with Simulator() as platform:
        config = line_config(tmp_path, platform, "")
        node = await start(config)
        async with asyncio.timeout(60):
            # Looked at all the time: some of these moments are short.
            while not moment(tmp_path):
                assert node.returncode is None
                await asyncio.sleep(0.005)
            node.send_signal(number)
            assert await node.wait() == 0
        # A worker whose fork had only just been asked for ends by itself.
        await until(lambda: not processes_of(tmp_path))
    assert "Traceback" not in (tmp_path / "serve.log").read_text(encoding="utf-8")


async def test_sigterm_lets_the_calls_going_on_come_to_their_end(tmp_path: Path) -> None:
    async with Simulator() as platform, RobotPhone(CALLER) as phone:
        config = line_config(tmp_path, platform, "")
        async with serving(config) as node:
            call = await phone.dial(config.sip.uri, codec="PCMA")
            await call.up()
            await prompt_over(call)
            node.terminate()
            refused = await phone.dial(config.sip.uri)
            await refused.over(10)
            assert refused.code >= 400
            # The caller who was there first is still answered.
            await call.send_key("1")
            await call.send_key("#")
            await prompt_over(call)
            assert not call.ended and node.returncode is None
            await call.hang_up()
            async with asyncio.timeout(20):
                assert await node.wait() == 0
        store = SqlStore(config.database_url)
        try:
            assert await store.unfinished_calls(config.node_name) == []
        finally:
            await store.close()
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("order", ["SIGINT", "SIGTERM twice"])
async def test_ended_at_once_the_node_keeps_what_a_caller_has_said(
    tmp_path: Path, order: str
) -> None:
    async with Simulator() as platform, RobotPhone(CALLER) as phone:
        config = line_config(tmp_path, platform, "")
        async with serving(config) as node:
            call = await phone.dial(config.sip.uri, codec="PCMA")
            await call.up()
            await prompt_over(call)
            await complain(call)
            await taken_down(config, "银海区")
            await call.play(tone(600, 1.0))
            if order == "SIGINT":
                node.send_signal(signal.SIGINT)
            else:
                node.terminate()
                refused = await phone.dial(config.sip.uri)
                await refused.over(10)
                node.terminate()
            async with asyncio.timeout(30):
                assert await node.wait() == 0
            await call.over(10)
        store = SqlStore(config.database_url)
        try:
            assert await store.unfinished_calls(config.node_name) == []
            (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
            (number,) = await store.tickets_of(audio.stem)
            ticket = await store.ticket(number)
        finally:
            await store.close()
        assert ticket is not None
        assert not ticket.draft.complete
        assert ticket.draft.place.county == "银海区"
        assert read_manifest(manifest_of(audio)).tickets == (number,)
    assert processes_of(tmp_path) == []
