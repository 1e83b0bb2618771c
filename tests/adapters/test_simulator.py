"""The simulated platform: its controls, its states, its memory, its page."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession

from adapters import signature
from adapters.http_platform import HttpPlatform
from adapters.model import Handoff
from adapters.ports import PlatformUnavailable
from adapters.simulator import Behaviour, Notify, Simulator, run_simulator, states
from adapters.simulator.states import StateMachine
from flows.ticket import HandoffCard, TicketDraft
from tests.adapters.samples import APPLICATION, CALLER, ID_NO, LINES, draft, ticket

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """An empty platform."""
    async with Simulator(tmp_path / "platform.db") as made:
        yield made


@pytest.fixture
async def client(simulator: Simulator) -> AsyncIterator[HttpPlatform]:
    """The hotline's adapter for it."""
    made = HttpPlatform(simulator.settings)
    yield made
    await made.close()


async def ask(simulator: Simulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Use the controls; status and answer."""
    async with (
        ClientSession() as session,
        session.request(method, simulator.url + path, json=body) as answer,
    ):
        return answer.status, json.loads(await answer.read())


async def test_controls_show_what_was_received(simulator: Simulator, client: HttpPlatform) -> None:
    await client.push(ticket())
    await client.push(ticket())
    card = HandoffCard("emergency", draft(), "BH20261123000001")
    await client.handoff(Handoff("call-1", CALLER, "119", card, LINES))
    _, (received,) = await ask(simulator, "GET", "/sim/tickets")
    assert received["ticket"]["content"] == "人民路的路灯不亮"
    assert (received["pushes"], received["state"]) == (2, "待受理")
    _, (handoff,) = await ask(simulator, "GET", "/sim/handoffs")
    assert (handoff["target"], handoff["reason"]) == ("119", "emergency")
    assert len(handoff["lines"]) == len(LINES)


async def test_reset_forgets_everything(simulator: Simulator, client: HttpPlatform) -> None:
    await client.push(ticket())
    await ask(simulator, "PUT", "/sim/behaviour", {"fail": -1})
    await ask(simulator, "POST", "/sim/reset")
    assert await ask(simulator, "GET", "/sim/tickets") == (200, [])
    assert not (await client.push(ticket())).duplicate


async def test_behaviour_is_set_as_a_whole_and_counts_down(
    simulator: Simulator, client: HttpPlatform
) -> None:
    status, _ = await ask(simulator, "PUT", "/sim/behaviour", {"fail": 2, "fail_code": 500})
    assert status == 200
    for left in (1, 0):
        with pytest.raises(PlatformUnavailable, match="500"):
            await client.push(ticket())
        _, behaviour = await ask(simulator, "GET", "/sim/behaviour")
        assert (behaviour["fail"], behaviour["fail_code"]) == (left, 500)
    await client.push(ticket())


@pytest.mark.parametrize(
    "bad", [{"fial": 1}, {"fail": -2}, {"fail_code": 200}, {"delay_ms": -1}, {"drop": "x"}, []]
)
async def test_a_behaviour_that_makes_no_sense_is_refused(simulator: Simulator, bad: Any) -> None:
    status, answer = await ask(simulator, "PUT", "/sim/behaviour", bad)
    assert status == 400
    assert answer["error"]
    assert (await ask(simulator, "GET", "/sim/behaviour"))[1]["fail"] == 0


def test_misbehaviour_comes_in_a_fixed_order_and_always_lasts() -> None:
    behaviour = Behaviour(drop=1, fail=1, lose=-1)
    fates = []
    for _ in range(4):
        fate, behaviour = behaviour.next()
        fates.append(fate)
    assert fates == ["drop", "fail", "lose", "lose"]


async def test_a_ticket_goes_its_usual_way_to_the_end(
    simulator: Simulator, client: HttpPlatform
) -> None:
    await client.push(ticket())
    path = f"/sim/tickets/{ticket().ticket_no}/state"
    gone = []
    while True:
        status, answer = await ask(simulator, "POST", path)
        if status != 200:
            break
        gone.append(answer["state"])
    assert status == 409
    assert gone == ["待派单", "已派单", "已签收", "办理中", "已反馈", "待回访", "已办结"]
    (known,) = await simulator.tickets()
    assert known.state == "已办结"


async def test_only_allowed_moves_are_made(simulator: Simulator, client: HttpPlatform) -> None:
    await client.push(ticket())
    path = f"/sim/tickets/{ticket().ticket_no}/state"
    assert (await ask(simulator, "POST", path, {"state": "已办结"}))[0] == 409
    assert (await ask(simulator, "POST", path, {"state": "nonsense"}))[0] == 409
    assert (await ask(simulator, "POST", path, {"state": "不予受理"}))[0] == 200
    assert (await ask(simulator, "POST", path))[0] == 409
    assert (await ask(simulator, "POST", "/sim/tickets/BH1/state"))[0] == 404


async def test_an_update_keeps_the_state(simulator: Simulator, client: HttpPlatform) -> None:
    await client.push(ticket())
    await simulator.advance(ticket().ticket_no)
    await client.push(msgspec.structs.replace(ticket(), revision=1))
    assert (await simulator.tickets())[0].state == "待派单"


async def test_a_hotline_that_does_not_listen_does_not_hold_a_ticket_up(tmp_path: Path) -> None:
    async with Simulator(notify=Notify("http://127.0.0.1:1")) as simulator:
        client = HttpPlatform(simulator.settings)
        await client.push(ticket())
        assert await simulator.advance(ticket().ticket_no) == ("待派单", False)
        await client.close()


def test_every_state_of_the_agreement_can_be_reached() -> None:
    machine = states.load()
    reached, new = set(), {machine.first}
    while new:
        reached |= new
        new = {after for state in new for after in machine.transitions[state]} - reached
    assert reached == set(machine.transitions)
    assert len(reached) == 16


def test_a_state_machine_with_a_hole_is_refused() -> None:
    with pytest.raises(ValueError, match="without an entry: 乙"):
        StateMachine({"甲": ("乙",)}, ("甲",))
    with pytest.raises(ValueError, match="barred"):
        StateMachine({"甲": (), "乙": ()}, ("甲", "乙"))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"ticket_no": "BH20261123000001"}', b'{"type": "\xe5"}'],
    ids=["nothing", "list", "fields missing", "not UTF-8"],
)
async def test_a_ticket_that_cannot_be_read_is_refused_with_the_reason(
    simulator: Simulator, body: bytes
) -> None:
    settings = simulator.settings
    headers = signature.headers(
        settings.key_id, settings.secret, "POST", "/v1/tickets", body, now=time.time()
    )
    async with (
        ClientSession() as session,
        session.post(f"{simulator.url}/v1/tickets", data=body, headers=headers) as answer,
    ):
        assert answer.status == 400
        assert (await answer.json())["error"]


async def test_what_was_received_is_there_after_a_restart(tmp_path: Path) -> None:
    for duplicate in (False, True):
        async with Simulator(tmp_path / "new" / "platform.db") as simulator:
            client = HttpPlatform(simulator.settings)
            assert (await client.push(ticket())).duplicate is duplicate
            await client.close()


async def test_a_port_that_is_taken_is_an_error(simulator: Simulator, tmp_path: Path) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with pytest.raises(OSError):
        await run_simulator("127.0.0.1", port, tmp_path / "other.db")


async def test_run_simulator_serves_until_cancelled(tmp_path: Path) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        run_simulator("127.0.0.1", 0, tmp_path / "platform.db", ready=ready.set_result)
    )
    url = await ready
    async with ClientSession() as session, session.get(f"{url}/sim/tickets") as answer:
        assert answer.status == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


def test_the_process_says_where_it_is_and_ends_on_sigterm(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.simulator", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", process.stdout.readline())
    process.terminate()
    process.wait(10)
    process.stdout.close()


async def page(simulator: Simulator) -> str:
    """The page's text."""
    async with ClientSession() as session, session.get(simulator.url + "/") as answer:
        assert answer.content_type == "text/html"
        return await answer.text()


async def test_the_page_lists_tickets_and_handoffs_without_numbers(
    simulator: Simulator, client: HttpPlatform
) -> None:
    assert "还没有收到工单" in await page(simulator)
    said = draft(f"我是<b>陈大文</b>，电话{CALLER}")
    await client.push(msgspec.structs.replace(ticket(), draft=said))
    card = HandoffCard("asked", said)
    await client.handoff(Handoff("call-1", CALLER, "operator", card, LINES))
    text = await page(simulator)
    for shown in ("BH20261123000001", "待受理", "要求人工", "138****5678", "&lt;b&gt;", "陈**"):
        assert shown in text
    for hidden in (CALLER, "<b>陈", "陈先生"):
        assert hidden not in text
    assert not re.findall(r"src=|https?://|@import|href=\"[^/]", text)


async def test_the_page_shows_an_application_with_private_values_masked(
    simulator: Simulator, client: HttpPlatform
) -> None:
    card = TicketDraft(type="办件", service="1701", application=APPLICATION)
    await client.push(msgspec.structs.replace(ticket(), draft=card, transcript=()))
    text = await page(simulator)
    for shown in ("办件 1701", "公民身份号码", "450***********0018", "陈大文", "IDC1", "已发"):
        assert shown in text
    assert ID_NO not in text


async def test_a_confidential_ticket_shows_no_contact_at_all(
    simulator: Simulator, client: HttpPlatform
) -> None:
    secret = TicketDraft(type="举报", contact_number=CALLER, confidential="全程保密")
    await client.push(msgspec.structs.replace(ticket(), draft=secret, transcript=()))
    text = await page(simulator)
    assert "5678" not in text
    assert "<td>保密</td>" in text
