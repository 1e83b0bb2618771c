"""Many callers at once, more than may come, and a worker that dies among them."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.phone import RobotPhone
from ivr.sip.pool import WorkerPool
from ivr.sip.tones import tone
from tests.peers.plain_phone import PlainPhone
from tests.peers.sipp import Outcome, sipp

from .board import WAIT_S, Board, Held, eventually, parent_of, settings
from .conftest import Open

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST = 20


@pytest_asyncio.fixture(loop_scope="module")
async def full_size(tmp_path: Path) -> AsyncIterator[Open]:
    board = Board()
    chosen = settings(tmp_path / "run", max_calls=MOST, spare=2, retry_after_s=17)
    async with PhoneLine(chosen, board.take) as line:
        yield Open(line, board, chosen.uri)


def target(line: Open) -> str:
    return f"127.0.0.1:{line.line.settings.port}"


async def crowd(line: Open, work_dir: Path) -> tuple[asyncio.Task[Outcome], list[Held]]:
    """As many callers as may come, all talking; they stay until the hotline hangs up."""
    running = asyncio.create_task(
        sipp("uac_stays", target(line), work_dir, calls=MOST, at_once=MOST, per_s=50)
    )
    calls: list[Held] = []
    try:
        for _ in range(MOST):
            calls.append(await line.board.next())
            await calls[-1].reaches("up")
    except TimeoutError:
        for held in calls:
            held.send(m.HangUpLeg(0))
        raise AssertionError((await running).output) from None
    return running, calls


async def sent_away(running: asyncio.Task[Outcome], calls: list[Held]) -> None:
    for held in calls:
        assert "ended" not in held.states()
        held.send(m.HangUpLeg(0))
    outcome = await running
    assert (outcome.succeeded, outcome.failed) == (MOST, 0), outcome.output
    for held in calls:
        await held.reaches("ended")


async def test_twenty_callers_at_once_are_all_served(
    full_size: Open, tmp_path: Path, prompt: Path
) -> None:
    running, calls = await crowd(full_size, tmp_path)
    for held in calls:
        held.send(m.Play(1, (str(prompt),)))
    for held in calls:
        assert (await held.played(1)).completed
        await held.until(lambda held=held: len(held.sound[0]) > 16000)  # type: ignore[misc]
    await sent_away(running, calls)


async def test_one_more_is_told_when_to_try_again(full_size: Open, tmp_path: Path) -> None:
    running, calls = await crowd(full_size, tmp_path)
    refused: list[m.Incoming] = []
    full_size.line.pool.turned_away = refused.append
    # Two find a spare worker and the node says no; the others find none at all.
    late = await sipp("uac_refused", target(full_size), tmp_path, calls=6, at_once=6, per_s=100)
    assert (late.succeeded, late.failed) == (6, 0), late.output
    assert late.log.count("retry-after 17") == 6
    # The node hears of all of them, each once.
    await eventually(lambda: len(refused) >= 6)
    assert len({one.caller for one in refused}) == 6 == len(refused)
    assert {one.called for one in refused} == {"12345"}
    await sent_away(running, calls)


async def test_a_killed_worker_costs_its_own_call_alone(full_size: Open, phone: RobotPhone) -> None:
    board, pool = full_size.board, full_size.line.pool
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


@asynccontextmanager
async def none_replaced(pool: WorkerPool) -> AsyncIterator[None]:
    """Hold the fork server up: a worker that dies now stays dead until the end of the block."""
    forks = parent_of(next(iter(pool.pids.values())))
    os.kill(forks, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(forks, signal.SIGCONT)


async def kill_and_listen(pool: WorkerPool, port: int) -> socket.socket:
    """End the worker on ``port``; a socket there that hears what is still sent to it."""
    free = pool.free
    os.kill(pool.pids[port], signal.SIGKILL)
    await eventually(lambda: pool.free == free - 1)
    grave = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    grave.setblocking(False)

    def bound() -> bool:
        try:
            grave.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

    await eventually(bound)
    return grave


async def test_an_invite_right_after_a_worker_died_is_still_answered(
    tmp_path: Path, phone: RobotPhone
) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=3, spare=0)
    async with PhoneLine(chosen, board.take) as line:
        pool = line.pool
        # The news of their death never comes to Kamailio: it goes on trying them.
        pool.told = lambda port, free: None
        async with none_replaced(pool):
            graves = [await kill_and_listen(pool, port) for port in pool.ports[:2]]
            # In turn, so that one of the two begins with a dead worker.
            for _ in range(2):
                call = await phone.dial(chosen.uri)
                held = await board.next()
                await call.up()
                await call.hang_up()
                await held.reaches("ended")
                await eventually(lambda: pool.free == 1)
            heard = [grave.recv(65536) for grave in graves if select.select([grave], [], [], 0)[0]]
            assert heard and all(packet.startswith(b"INVITE ") for packet in heard)
            for grave in graves:
                grave.close()
        await eventually(lambda: pool.free == 3)


@pytest.mark.parametrize("known", [True, False])
async def test_while_every_worker_is_being_replaced_callers_are_told_to_try_again(
    tmp_path: Path, phone: RobotPhone, known: bool
) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=2, spare=0, retry_after_s=7)
    async with PhoneLine(chosen, board.take) as line:
        pool, tell = line.pool, line.pool.told
        refused: list[m.Incoming] = []
        pool.turned_away = refused.append
        if not known:
            pool.told = lambda port, free: None
        async with none_replaced(pool):
            for port in pool.ports:
                (await kill_and_listen(pool, port)).close()
            async with PlainPhone(("127.0.0.1", chosen.port)) as late:
                answer = await late.invite()
            assert answer.startswith("SIP/2.0 503")
            assert "Retry-After: 7" in answer
        await eventually(lambda: bool(refused))
        assert [one.called for one in refused] == ["12345"]
        pool.told = tell
        await eventually(lambda: pool.free == 2)
        async with asyncio.timeout(WAIT_S):
            while not await answered(phone, chosen.uri):
                pass


async def answered(phone: RobotPhone, uri: str) -> bool:
    """Whether a call is answered; if it is not, it is refused for now."""
    call = await phone.dial(uri)
    await eventually(lambda: call.is_up or call.ended)
    if call.is_up:
        await call.hang_up()
        return True
    assert call.code == 503
    return False
