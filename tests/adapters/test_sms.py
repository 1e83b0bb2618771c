"""Text messages: sent once whatever happens, and told nobody else."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import ClientSession

from adapters.http_sms import HttpSms
from adapters.memory_sms import MOST_KEPT, MemorySms
from adapters.model import SmsMessage
from adapters.ports import Sms, SmsRejected, SmsUnavailable
from adapters.settings import SmsSettings
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Simulator
from tests.adapters.samples import CALLER, uuid

CODE = "314159"
MESSAGE = SmsMessage(uuid(1), CALLER, f"【北海12345】验证码{CODE}", "code")


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A gateway."""
    async with Simulator() as made:
        yield made


class Waits:
    """Waits no time, but remembers how long it was asked to."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)


def gateway(simulator: Simulator, waits: Waits, **settings: object) -> HttpSms:
    """The adapter, talking to the simulator."""
    known = SmsSettings(simulator.url, DEMO_KEY_ID, DEMO_SECRET)
    return HttpSms(msgspec.structs.replace(known, **settings), sleep=waits)


@pytest.fixture(params=["memory", "http"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Sms, MemorySms]]:
    """Each adapter, and the phone that its messages come out of."""
    if request.param == "memory":
        memory = MemorySms()
        yield memory, memory
        return
    async with Simulator() as simulator:
        http = gateway(simulator, Waits())
        yield http, simulator.sms
        await http.close()


async def test_a_message_arrives_once_however_often_it_is_sent(
    pair: tuple[Sms, MemorySms],
) -> None:
    sms, phone = pair
    await sms.send(MESSAGE)
    await sms.send(MESSAGE)
    await sms.send(msgspec.structs.replace(MESSAGE, key=uuid(2), mobile="13900000000"))
    assert phone.of(CALLER) == (MESSAGE,)
    assert len(phone.messages) == 2


@pytest.mark.parametrize("behaviour", [Behaviour(drop=2), Behaviour(fail=2), Behaviour(lose=2)])
async def test_what_fails_for_a_moment_is_tried_again_and_arrives_once(
    simulator: Simulator, behaviour: Behaviour
) -> None:
    waits = Waits()
    sms = gateway(simulator, waits)
    simulator.behave(behaviour)
    await sms.send(MESSAGE)
    await sms.close()
    assert simulator.sms.messages == (MESSAGE,)
    assert waits.asked == [0.3, 0.6]


async def test_a_gateway_that_stays_away_is_given_up_after_a_few_tries(
    simulator: Simulator,
) -> None:
    waits = Waits()
    sms = gateway(simulator, waits, attempts=2)
    simulator.behave(Behaviour(fail=-1))
    with pytest.raises(SmsUnavailable, match="503"):
        await sms.send(MESSAGE)
    await sms.close()
    assert len(waits.asked) == 1


async def test_nobody_waits_for_a_gateway_that_wants_minutes(simulator: Simulator) -> None:
    waits = Waits()
    sms = gateway(simulator, waits)
    simulator.behave(Behaviour(fail=-1, fail_code=429, retry_after_s=60))
    with pytest.raises(SmsUnavailable):
        await sms.send(MESSAGE)
    await sms.close()
    assert waits.asked == []


async def test_a_refusal_is_not_tried_again(simulator: Simulator) -> None:
    waits = Waits()
    sms = gateway(simulator, waits)
    simulator.behave(Behaviour(fail=1, fail_code=422))
    with pytest.raises(SmsRejected):
        await sms.send(MESSAGE)
    await sms.close()
    assert waits.asked == [] and simulator.sms.messages == ()


async def test_the_text_reaches_no_log_and_no_file(
    tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with Simulator(tmp_path / "platform.db") as simulator:  # type: ignore[operator]
        sms = gateway(simulator, Waits(), attempts=2)
        simulator.behave(Behaviour(fail=1))
        await sms.send(MESSAGE)
        simulator.behave(Behaviour(fail=-1))
        with pytest.raises(SmsUnavailable) as failure:
            await sms.send(MESSAGE)
        await sms.close()
    assert CODE not in str(failure.value) + repr(MESSAGE) + caplog.text
    for path in tmp_path.iterdir():  # type: ignore[attr-defined]
        assert CODE.encode() not in path.read_bytes()


async def test_the_page_shows_what_the_phones_show(simulator: Simulator) -> None:
    sms = gateway(simulator, Waits())
    link = f"{simulator.url}/link/LK1"
    await sms.send(msgspec.structs.replace(MESSAGE, key=uuid(2), text=f"请打开{link}办理<b>"))
    await sms.send(MESSAGE)
    await sms.close()
    async with ClientSession() as session, session.get(simulator.url + "/") as answer:
        page = await answer.text()
    assert CODE in page and "138****5678" in page and CALLER not in page
    assert f'<a href="{link}">{link}</a>办理&lt;b&gt;' in page


async def test_only_the_latest_messages_are_kept() -> None:
    phone = MemorySms()
    for number in range(MOST_KEPT + 5):
        await phone.send(msgspec.structs.replace(MESSAGE, key=uuid(number)))
    assert len(phone.messages) == MOST_KEPT
    assert phone.messages[-1].key == uuid(MOST_KEPT + 4)
