"""Workers come, go and are replaced; the node drains, closes, or dies."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from ivr.sip import messages as m
from ivr.sip.kamailio import Kamailio, KamailioError
from ivr.sip.line import PhoneLine
from ivr.sip.options import ping
from ivr.sip.phone import RobotPhone
from ivr.sip.pool import PoolError, WorkerCall, WorkerPool
from ivr.sip.settings import SipSettings
from ivr.sip.tones import tone
from tests.peers.plain_phone import PlainPhone

from .board import Board, dialled, eventually, parent_of, settings
from .sounds import channels, where, write_wav


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_a_worker_is_replaced_after_its_number_of_calls(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=1, calls_per_worker=1)
    pids = set()
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        for _ in range(4):
            await eventually(lambda: line.pool.free == 2)
            call = await phone.dial(chosen.uri)
            held = await board.next()
            await call.up()
            pids.add(line.pool.pid_of(held.call))
            await call.hang_up()
            await held.reaches("ended")
    assert len(pids) == 4


async def test_workers_are_replaced_even_after_the_fork_server_died(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=0)
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        (worker,) = line.pool.pids.values()
        os.kill(parent_of(worker), signal.SIGKILL)
        call = await phone.dial(chosen.uri)
        held = await board.next()
        await call.up()
        os.kill(worker, signal.SIGKILL)
        assert (await held.reaches("ended")).reason == "worker-died"
        await eventually(lambda: line.pool.free == 1)
        second, _ = await dialled(phone, board, chosen.uri)
        await second.up()


async def test_workers_wrongly_called_busy_are_soon_free_again(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=2, spare=0)
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        assert line.kamailio is not None
        for port in line.pool.ports:
            line.kamailio.tell(port, False)
        async with asyncio.timeout(10):
            while True:
                call = await phone.dial(chosen.uri)
                await eventually(lambda call=call: call.is_up or call.ended)  # type: ignore[misc]
                if call.is_up:
                    break
                assert call.code == 503


async def test_occupied_ports_are_skipped(tmp_path: Path) -> None:
    chosen = settings(tmp_path, max_calls=2, spare=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", chosen.worker_port))
        async with WorkerPool(chosen, Board().take) as pool:
            assert chosen.worker_port not in pool.ports
            assert len(pool.ports) == 2


async def test_draining_lets_calls_finish_and_takes_no_new_ones(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=2, spare=0, retry_after_s=5)
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        call = await phone.dial(chosen.uri)
        held = await board.next()
        await call.up()
        draining = asyncio.create_task(line.drain())
        async with PlainPhone(("127.0.0.1", chosen.port)) as late:
            answer = await late.invite()
            assert answer.startswith("SIP/2.0 503")
            assert "Retry-After: 5" in answer
        assert not draining.done()
        heard = len(held.sound[0])
        await held.until(lambda: len(held.sound[0]) > heard + 8000)
        await call.hang_up()
        await asyncio.wait_for(draining, 60)


async def test_closing_hangs_up_and_leaves_no_process(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=2, spare=0)
    async with RobotPhone() as phone:
        async with PhoneLine(chosen, board.take) as line:
            pids = list(line.pool.pids.values())
            call = await phone.dial(chosen.uri)
            await board.next()
            await call.up()
        assert await call.over() == 200
    assert not [pid for pid in pids if alive(pid)]
    assert not await ping("127.0.0.1", chosen.port, timeout_s=0.2)


async def test_a_failing_call_handler_costs_only_its_call(tmp_path: Path) -> None:
    board = Board()

    async def sometimes(call: WorkerCall) -> None:
        if call.incoming.caller == "unlucky":
            call.send(m.Answer())
            raise RuntimeError("handler failed")
        await board.take(call)

    chosen = settings(tmp_path, max_calls=2, spare=0)
    async with (
        PhoneLine(chosen, sometimes),
        RobotPhone("unlucky") as unlucky,
        RobotPhone("lucky") as lucky,
    ):
        good = await lucky.dial(chosen.uri)
        await board.next()
        await good.up()
        bad = await unlucky.dial(chosen.uri)
        await bad.over()
        assert good.is_up


async def test_a_vanished_caller_is_noticed(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=0, media_timeout_s=1.0)
    async with PhoneLine(chosen, board.take), RobotPhone() as phone:
        async with PlainPhone(("127.0.0.1", chosen.port)) as vanishing:
            await vanishing.invite()
            held = await board.next()
            await held.reaches("up")
            await vanishing.speak(20)
        ended = await held.reaches("ended")
        assert ended.reason == "media-timeout"
        # The worker's BYE is never answered; the next caller need not wait for that.
        call, held = await dialled(phone, board, chosen.uri)
        await call.up()
        # One who is there and silent stays.
        heard = len(held.sound[0])
        await held.until(lambda: len(held.sound[0]) > heard + 2 * 16000)
        assert call.is_up


async def test_a_full_disk_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=0)
    async with PhoneLine(chosen, board.take), RobotPhone() as phone:
        call = await phone.dial(chosen.uri)
        held = await board.next()
        await call.up()
        held.send(m.StartRecording("/dev/full"))
        await held.until(lambda: bool(held.all(m.WorkerFault)))
        assert "No space" in held.all(m.WorkerFault)[0].text
        await call.play(tone(600, 0.3), loop=True)
        await held.hears_tone(600)
        await call.hang_up()
        await held.reaches("ended")


async def test_a_killed_worker_leaves_a_readable_recording(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=0)
    path = tmp_path / "call.wav"
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        call = await phone.dial(chosen.uri)
        held = await board.next()
        await call.up()
        held.send(m.StartRecording(str(path)))
        await call.play(tone(600, 0.3), loop=True)
        await held.until(lambda: len(held.sound[0]) > 2 * 16000)
        os.kill(line.pool.pid_of(held.call), signal.SIGKILL)
        assert (await held.reaches("ended")).reason == "worker-died"
    left, _ = channels(path)
    assert len(left) > 16000
    assert where(left, 600)


async def test_one_worker_without_kamailio_serves_udp_and_tcp(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, single=True)
    async with PhoneLine(chosen, board.take) as line, RobotPhone("139") as phone:
        assert line.kamailio is None
        for transport in ("udp", "tcp"):
            call = await phone.dial(chosen.uri, transport=transport)
            held = await board.next()
            await call.up()
            assert held.incoming.caller == "139"
            assert held.incoming.source.startswith("127.0.0.1:")
            await call.hang_up()
            await held.reaches("ended")
        assert await ping("127.0.0.1", chosen.port, timeout_s=20.0)


async def test_open_on_every_interface_under_another_address(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, host="0.0.0.0", public_host="127.0.0.9", max_calls=1, spare=0)
    async with (
        PhoneLine(chosen, board.take),
        RobotPhone("139") as phone,
        RobotPhone("operator") as operator,
    ):
        assert chosen.uri == f"sip:12345@127.0.0.9:{chosen.port}"
        call = await phone.dial(chosen.uri)
        held = await board.next()
        await call.up()
        held.send(m.Dial(1, operator.uri))
        seat = await operator.incoming()
        await held.reaches("up", leg=1)
        await call.hold()
        await call.resume()
        await call.hang_up()
        await seat.over()
        await held.reaches("ended")


async def test_kamailio_is_started_again_when_it_dies(tmp_path: Path) -> None:
    board = Board()
    chosen = settings(tmp_path, max_calls=1, spare=0)
    async with PhoneLine(chosen, board.take) as line, RobotPhone() as phone:
        assert line.kamailio is not None
        os.killpg(line.kamailio.pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while not await ping("127.0.0.1", chosen.port, timeout_s=0.1):
                pass
        call = await phone.dial(chosen.uri)
        await board.next()
        await call.up()
        await call.hang_up()


async def test_a_taken_public_port_is_a_clear_error(tmp_path: Path) -> None:
    chosen = settings(tmp_path, max_calls=1, spare=0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", chosen.port))
        with pytest.raises(KamailioError, match=r"(?i)bind|address already in use"):
            async with PhoneLine(chosen, Board().take):
                pass


async def test_a_taken_port_is_a_clear_error_without_kamailio_too(tmp_path: Path) -> None:
    chosen = settings(tmp_path, single=True)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", chosen.port))
        with pytest.raises(PoolError, match=str(chosen.port)):
            async with PhoneLine(chosen, Board().take):
                pass


async def test_a_missing_kamailio_is_a_clear_error(tmp_path: Path) -> None:
    chosen = settings(tmp_path, max_calls=1, spare=0, kamailio="no-such-kamailio")
    with pytest.raises(KamailioError, match="no-such-kamailio"):
        async with PhoneLine(chosen, Board().take):
            pass


class Node:
    """A node in a process of its own, to be killed."""

    def __init__(self, chosen: SipSettings) -> None:
        self._chosen = chosen
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.ivr.sip.node",
            msgspec.json.encode(self._chosen).decode(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self.workers = [int(pid) for pid in (await self.line()).split()[1:]]

    async def line(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 20)
        return line.decode().strip()

    async def says(self, wanted: str) -> None:
        while await self.line() != wanted:
            pass

    def order(self, *orders: m.ToWorker) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        for order in orders:
            self.process.stdin.write(msgspec.json.encode(order) + b"\n")

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()


async def test_a_dying_node_puts_its_callers_through(tmp_path: Path) -> None:
    recording = tmp_path / "call.wav"
    async with RobotPhone("fallback") as fallback, RobotPhone("139") as phone:
        chosen = settings(
            tmp_path,
            max_calls=3,
            spare=0,
            fallback_uri=fallback.uri,
            fallback_prompt=str(write_wav(tmp_path / "sorry.wav", 500, 0.6)),
        )
        node = Node(chosen)
        await node.start()
        call = await phone.dial(chosen.uri)
        await call.up()
        await node.line()
        await node.kill()
        # The sentence, then the other phone, then the two talk.
        await call.hears_tone(500, share=0.6)
        seat = await fallback.incoming()
        await seat.up()
        await call.play(tone(700, 0.5), loop=True)
        await seat.play(tone(1100, 0.5), loop=True)
        await call.hears_tone(1100, share=0.6)
        await seat.hears_tone(700, share=0.6)
        # Those without a caller left at once, the last one when its caller has hung up.
        await eventually(lambda: sum(map(alive, node.workers)) == 1)
        await call.hang_up()
        await seat.over()
        await eventually(lambda: not any(map(alive, node.workers)))
        left, right = channels(recording)
        assert where(left, 700)
        assert where(right, 500)
        assert where(right, 1100)

        # The Kamailio that it left behind makes way for the next node's.
        board = Board()
        async with PhoneLine(chosen, board.take):
            call = await phone.dial(chosen.uri)
            await board.next()
            await call.up()
            await call.hang_up()


@pytest.mark.parametrize("held", [False, True])
async def test_a_dying_node_leaves_those_who_talk_together(tmp_path: Path, held: bool) -> None:
    """Also a caller who is on hold at that moment; who is being rung is let go."""
    async with (
        RobotPhone("fallback") as fallback,
        RobotPhone("operator") as operator,
        RobotPhone("119") as station,
        RobotPhone("139") as phone,
    ):
        chosen = settings(tmp_path, max_calls=1, spare=0, fallback_uri=fallback.uri)
        station.lets_ring()
        node = Node(chosen)
        await node.start()
        call = await phone.dial(chosen.uri)
        await call.up()
        node.order(m.Dial(1, operator.uri))
        seat = await operator.incoming()
        await node.says("leg 1 up")
        node.order(m.Bridge(0, 1), m.Dial(2, station.uri))
        rung = await station.incoming()
        await node.says("leg 2 ringing")
        await call.play(tone(700, 0.5), loop=True)
        await seat.play(tone(1100, 0.5), loop=True)
        await call.hears_tone(1100, share=0.6)
        if held:
            music = str(write_wav(tmp_path / "music.wav", 440, 1.0))
            node.order(m.Unbridge(0, 1), m.Play(1, (music,), loop=True))
            await call.hears_tone(440, share=0.9)
        await node.kill()
        await rung.over()
        await call.hears_tone(1100, share=0.9)
        await seat.hears_tone(700, share=0.9)
        assert not fallback.ringing
        # Nobody could be given the caller now: the last one to leave ends the call.
        await seat.hang_up()
        await call.over()
        await eventually(lambda: not any(map(alive, node.workers)))
        await Kamailio(chosen, [chosen.worker_port]).end_stale()


async def test_a_stale_pid_of_another_program_is_left_alone(tmp_path: Path) -> None:
    other = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        chosen = settings(tmp_path, max_calls=1, spare=0)
        (tmp_path / "kamailio.pid").write_text(str(other.pid))
        await Kamailio(chosen, [chosen.worker_port]).end_stale()
        assert alive(other.pid)
    finally:
        other.kill()
        await other.wait()
