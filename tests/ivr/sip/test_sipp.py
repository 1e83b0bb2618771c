"""The same line called by another make of phone: sipp."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.sip import messages as m
from tests.peers.sipp import sipp

from .conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")


def target(shared: Open) -> str:
    return f"127.0.0.1:{shared.line.settings.port}"


@pytest.mark.parametrize("transport", ["u1", "t1"])
@pytest.mark.parametrize("codec", [(8, "PCMA"), (0, "PCMU"), (9, "G722")], ids=lambda c: c[1])
async def test_a_call(shared: Open, tmp_path: Path, codec: tuple[int, str], transport: str) -> None:
    outcome, held = await asyncio.gather(
        sipp("uac_call", target(shared), tmp_path, codec=codec, transport=transport, talk_ms=200),
        shared.board.next(),
    )
    assert (outcome.succeeded, outcome.failed) == (1, 0), outcome.output
    up = await held.reaches("up")
    assert up.codec == codec[1]
    await held.reaches("ended")


async def test_cancel_while_it_rings(shared: Open, tmp_path: Path) -> None:
    shared.board.answer = False
    try:
        outcome, held = await asyncio.gather(
            sipp("uac_cancel", target(shared), tmp_path), shared.board.next()
        )
    finally:
        shared.board.answer = True
    assert (outcome.succeeded, outcome.failed) == (1, 0), outcome.output
    assert (await held.reaches("ended")).code == 487


async def test_hold_and_resume(shared: Open, tmp_path: Path) -> None:
    outcome, held = await asyncio.gather(
        sipp("uac_hold", target(shared), tmp_path, talk_ms=200), shared.board.next()
    )
    assert (outcome.succeeded, outcome.failed) == (1, 0), outcome.output
    await held.reaches("ended")
    assert held.states() == ["up", "held", "resumed", "ended"]


async def test_refusal_with_retry_after(shared: Open, tmp_path: Path) -> None:
    shared.board.answer = False
    calls = len(shared.board.calls)
    try:
        running = asyncio.create_task(sipp("uac_refused", target(shared), tmp_path))
        (await shared.board.next()).send(m.Reject(503, 23))
        outcome = await running
    finally:
        shared.board.answer = True
    assert (outcome.succeeded, outcome.failed) == (1, 0), outcome.output
    assert "retry-after 23" in outcome.log
    assert len(shared.board.calls) == calls + 1
