"""Many callers at once, more than may come, and a worker that dies among them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone
from ivr.sip.tones import tone
from tests.peers.sipp import sipp

from .board import Board, eventually, settings
from .conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST = 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def full_size(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    board = Board()
    chosen = settings(tmp_path_factory.mktemp("run"), max_calls=MOST, spare=2, retry_after_s=17)
    async with PhoneLine(chosen, board.take) as line:
        yield Open(line, board, chosen.uri)


def target(line: Open) -> str:
    return f"127.0.0.1:{line.line.settings.port}"


async def all_over(line: Open) -> None:
    for held in line.board.calls:
        await held.reaches("ended")


async def test_twenty_callers_at_once_are_all_served(
    full_size: Open, tmp_path: Path, prompt: Path
) -> None:
    board = full_size.board
    before = len(board.calls)

    async def play_to_all() -> None:
        for _ in range(MOST):
            held = await board.next(20)
            held.send(m.Play(1, (str(prompt),), loop=True))

    outcome, _ = await asyncio.gather(
        sipp(
            "uac_call", target(full_size), tmp_path,
            calls=MOST, at_once=MOST, per_s=20, talk_ms=2000,
        ),
        play_to_all(),
    )  # fmt: skip
    assert (outcome.succeeded, outcome.failed) == (MOST, 0), outcome.output
    await all_over(full_size)
    calls = board.calls[before:]
    assert len(calls) == MOST
    # All at the same time: the last began before the first ended.
    assert all(len(held.sound[0]) > 1.5 * 16000 for held in calls)


async def test_one_more_is_told_when_to_try_again(full_size: Open, tmp_path: Path) -> None:
    board = full_size.board
    await all_over(full_size)
    crowd = asyncio.create_task(
        sipp(
            "uac_call", target(full_size), tmp_path,
            calls=MOST, at_once=MOST, per_s=50, talk_ms=3000,
        )
    )  # fmt: skip
    held = [await board.next() for _ in range(MOST)]
    for one in held:
        await one.reaches("up")
    # Two find a spare worker and the node says no; the others find none at all.
    late = await sipp("uac_refused", target(full_size), tmp_path, calls=6, at_once=6, per_s=100)
    assert (late.succeeded, late.failed) == (6, 0), late.output
    assert late.log.count("retry-after 17") == 6
    outcome = await crowd
    assert (outcome.succeeded, outcome.failed) == (MOST, 0), outcome.output
    await all_over(full_size)


async def test_a_killed_worker_costs_its_own_call_alone(full_size: Open, phone: RobotPhone) -> None:
    board, pool = full_size.board, full_size.line.pool
    await all_over(full_size)
    calls = [await phone.dial(full_size.uri) for _ in range(3)]
    held = [await board.next() for _ in calls]
    for call in calls:
        await call.up()
        await call.play(tone(600, 0.3), loop=True)
    victim = pool.pid_of(held[1].call)
    port = next(port for port, pid in pool.pids.items() if pid == victim)
    os.kill(victim, signal.SIGKILL)
    assert (await held[1].reaches("ended")).reason == "worker-died"
    for survivor in (held[0], held[2]):
        heard = len(survivor.sound[0])
        await survivor.until(lambda s=survivor, h=heard: len(s.sound[0]) > h + 8000)  # type: ignore[misc]
        await survivor.hears_tone(600)
        assert "ended" not in survivor.states()
    # The slot is filled again, and every worker takes calls.
    await eventually(lambda: pool.pids.get(port, victim) != victim)
    for call in calls:
        await call.hang_up()
    for _ in range(MOST + 2):
        call = await phone.dial(full_size.uri)
        one = await board.next()
        await call.up()
        await call.hang_up()
        await one.reaches("ended")


async def test_an_invite_right_after_a_worker_died_is_still_answered(
    full_size: Open, phone: RobotPhone
) -> None:
    board, pool = full_size.board, full_size.line.pool
    for pid in list(pool.pids.values()):
        os.kill(pid, signal.SIGKILL)
    call = await phone.dial(full_size.uri)
    held = await board.next()
    await call.up()
    await call.hang_up()
    await held.reaches("ended")
