"""Parts that die in mid-call: what the caller notices, and that nothing is lost."""

from __future__ import annotations

import os
import signal
import wave
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from ivr import live
from ivr.config import Config
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.calls.test_listening import recorded
from tests.ports import line_ports
from tests.until import until

# Menu, 反映问题, 道路交通, 路面破损积水, 银海区: enough to be worth a ticket.
SOME_KEYS = "11222"


def _taken(line: Line, keys: int) -> bool:
    return len(line.said("caller")) >= keys


async def press(line: Line, call: PhoneCall, keys: str) -> None:
    """Press keys one at a time, each taken before the next."""
    for key in keys:
        before = len(line.said("caller"))
        await call.send_key(key)
        await until(partial(_taken, line, before + 1))


async def test_a_worker_that_dies_costs_its_own_call_alone(tmp_path: Path) -> None:
    async with (
        open_line(tmp_path) as line,
        RobotPhone(CALLER) as phone,
        RobotPhone("13907795678") as other,
    ):
        call = await line.call(phone)
        slots = line.node.line.pool._slots
        victim = next(slot.pid for slot in slots if slot.call is not None)
        await line.hotline_says("本次通话将被录音")
        await press(line, call, SOME_KEYS)
        await call.play(tone(600, 2.0))
        second = await line.call(other)
        os.kill(victim, signal.SIGKILL)
        (received,) = await line.tickets(1)
        assert not received.ticket.complete
        assert received.ticket.recognised.intent == "cmp.road"
        await press(line, second, "1")
        assert second.is_up
        await second.hang_up()
        await until(lambda: len(line.happened(live.CallOver)) == 2)
    interrupted = [
        manifest
        for path in tmp_path.glob("recordings/*/*/*/*.wav")
        if (manifest := read_manifest(manifest_of(path))).outcome == "interrupted"
    ]
    (manifest,) = interrupted
    (audio,) = tmp_path.glob(f"recordings/*/*/*/{manifest.call_id}.wav")
    with wave.open(str(audio)) as file:
        assert file.getnframes() == manifest.ms * 8
        assert manifest.ms > 1000


async def test_calls_go_on_by_keys_while_recognition_is_away(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        call = await line.call(phone)
        await line.hotline_says("请直接说您要办什么")
        pid = line.node.decoder.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: not line.node.decoder.available)
        await press(line, call, SOME_KEYS)
        assert call.is_up
        await until(lambda: line.node.decoder.available)
        await call.hang_up()
        (received,) = await line.tickets(1)
        assert received.ticket.address.county == "银海区"


CALLERS = 10
CALLS_A_PHONE = 4


def ten_at_once(config: Config) -> Config:
    """Room for ten, who are in no hurry: on a small machine each waits for the others."""
    config = with_settings(config, "sip", **line_ports(CALLERS + 1), max_calls=CALLERS)
    return with_settings(config, "dialogue", no_input_s=60.0)


def _key_is_in(line: Line, keys: int) -> bool:
    """Whether every call has so many keys in its transcript."""
    heard = Counter(
        event.call_id
        for event in line.events
        if isinstance(event, live.LineHeard) and event.line.by_keys
    )
    return len(heard) == CALLERS and min(heard.values()) >= keys


def _times_lost(changes: list[bool], times: int) -> bool:
    return changes.count(False) >= times


async def test_ten_calls_go_on_by_keys_when_recognition_is_killed_and_when_it_crashes(
    tmp_path: Path,
) -> None:
    """SIGKILL, then SIGSEGV as native code raises it; nobody is cut off by either."""
    async with open_line(tmp_path, ten_at_once) as line, AsyncExitStack() as phones:
        calls: list[PhoneCall] = []
        for number in range(CALLERS):
            if number % CALLS_A_PHONE == 0:
                phone = await phones.enter_async_context(RobotPhone(f"1390779{number:04}"))
            calls.append(await line.call(phone))
        await until(lambda: len(line.happened(live.Saying)) >= CALLERS)
        decoder = line.node.decoder
        changes: list[bool] = []
        decoder.subscribe(changes.append)
        for pressed, ending in enumerate((signal.SIGKILL, signal.SIGSEGV), start=1):
            await until(lambda: decoder.available)
            assert decoder.pid is not None
            os.kill(decoder.pid, ending)
            await until(partial(_times_lost, changes, pressed))
            for call in calls:
                await call.send_key(SOME_KEYS[pressed - 1])
            await until(partial(_key_is_in, line, pressed))
            assert all(call.is_up for call in calls)
        await until(lambda: decoder.available)
        assert decoder.restarts >= 2
        # Recognition is back for the calls that saw it go.
        heard = len(line.happened(live.Hearing))
        await calls[0].play(recorded("我们小区门口的路灯坏了半个月了"))
        await until(lambda: len(line.happened(live.Hearing)) > heard)
        assert all(call.is_up for call in calls)


async def test_a_broken_model_leaves_keys_and_people(tmp_path: Path) -> None:
    broken = tmp_path / "model"
    broken.mkdir()
    async with (
        open_line(
            tmp_path / "data", lambda config: with_settings(config, "asr", model=str(broken))
        ) as line,
        RobotPhone(CALLER) as phone,
    ):
        assert not line.node.decoder.available
        call = await line.call(phone)
        await press(line, call, "1")
        await call.send_key("0")
        operator = await line.operator.incoming(30)
        await operator.up()
        await until(lambda: bool(line.happened(live.Bridged)))
        await call.hang_up()


async def test_a_platform_that_is_away_holds_up_no_call(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        await line.platform.go_away()
        call = await line.call(phone)
        await press(line, call, "1122241121")
        await line.hotline_says("工单号")
        await call.hang_up()
        assert await line.node.store.backlog() == 1
        await line.platform.come_back()
        await line.tickets(1)

        async def nothing_left() -> bool:
            return not await line.node.store.backlog()

        await until(nothing_left)
