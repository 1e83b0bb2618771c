"""The platform's news of tickets, over real HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from aiohttp import ClientSession, web

from adapters import signature
from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.memory import MemoryStore
from adapters.model import Ticket
from adapters.ports import StoreError
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Notify, Simulator
from adapters.webhook import webhook
from adapters.wire import ticket as to_wire
from flows.requests import AskProgress, SendLink
from flows.ticket import Application, TicketDraft
from tests.adapters.samples import CALLER, LINES, NOON, call, draft, ticket, uuid

NO = "BH20261123000001"
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi" / "hotline.yaml"


class Node:
    """The hotline's side: a store with one ticket, and its port."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.heard: list[Any] = []
        self.url = ""

    async def post(self, body: bytes, *, secret: str = DEMO_SECRET, age_s: float = 0) -> Any:
        """Post as the platform does; status and answer."""
        headers = signature.headers(
            DEMO_KEY_ID, secret, "POST", "/v1/ticket-states", body, now=time.time() - age_s
        )
        return await self.send(body, headers)

    async def send(self, body: bytes, headers: dict[str, str]) -> Any:
        """Post with these headers."""
        async with (
            ClientSession() as session,
            session.post(f"{self.url}/v1/ticket-states", data=body, headers=headers) as answer,
        ):
            responses = yaml.safe_load(DOCUMENT.read_text())["paths"]["/v1/ticket-states"]["post"][
                "responses"
            ]
            assert str(answer.status) in responses
            return answer.status, await answer.json()


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    """A node that listens, its webhook mounted as the node does."""
    made = Node()
    await made.store.open_call(call())
    await made.store.file_ticket("call-1", draft(), LINES, at=NOON)
    app = web.Application()
    app.add_subapp(
        "/v1", webhook(made.store, {DEMO_KEY_ID: DEMO_SECRET}, on_change=made.heard.append)
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def change(state: str = "已派单", **fields: Any) -> bytes:
    """A message."""
    known = {"ticket_no": NO, "state": state, "changed": "2026-11-23T13:00:00+08:00"}
    return json.dumps(known | fields).encode()


async def test_a_state_is_kept_and_heard_of_once(node: Node) -> None:
    assert await node.post(change()) == (200, {"recorded": True})
    assert await node.post(change()) == (200, {"recorded": False})
    assert [heard.state for heard in node.heard] == ["已派单"]
    kept = await node.store.state(NO)
    assert kept is not None and kept.state == "已派单"


async def test_late_news_does_not_undo_newer(node: Node) -> None:
    await node.post(change("已签收", changed="2026-11-23T14:00:00+08:00"))
    assert await node.post(change("已派单")) == (200, {"recorded": False})
    kept = await node.store.state(NO)
    assert kept is not None and kept.state == "已签收"


async def test_a_stranger_is_refused(node: Node) -> None:
    status, _ = await node.post(change(), secret="wrong")
    assert status == 401
    status, _ = await node.post(change(), age_s=301)
    assert status == 401
    status, _ = await node.send(change(), {})
    assert status == 401
    assert await node.store.state(NO) is None


async def test_a_message_played_again_is_refused(node: Node) -> None:
    body = change()
    headers = signature.headers(
        DEMO_KEY_ID, DEMO_SECRET, "POST", "/v1/ticket-states", body, now=time.time()
    )
    assert (await node.send(body, headers))[0] == 200
    assert (await node.send(body, headers))[0] == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        change(state=""),
        change(state="长" * 33),
        change(note="长" * 2001),
        change(changed="2026-11-23T13:00:00"),
        change(changed="yesterday"),
        change(ticket_no=5),
        b'{"ticket_no": "\xe5"}',
    ],
)
async def test_a_message_that_makes_no_sense_is_refused(node: Node, body: bytes) -> None:
    status, answer = await node.post(body)
    assert status == 400
    assert answer["error"]
    assert await node.store.state(NO) is None


async def test_somebody_elses_ticket_is_not_found(node: Node) -> None:
    status, _ = await node.post(change(ticket_no="BH20261123999999"))
    assert status == 404


async def test_a_failing_database_asks_for_another_try(node: Node) -> None:
    def failing(_: str) -> Ticket:
        raise StoreError("disk full")

    node.store._ticket = failing  # type: ignore[method-assign]
    status, answer = await node.post(change())
    assert (status, answer) == (503, {"error": "cannot be stored now"})


async def test_without_a_key_every_message_is_refused() -> None:
    node = Node()
    app = web.Application()
    app.add_subapp("/v1", webhook(node.store, {"": ""}))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    node.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    body = change()
    headers = signature.headers("", "", "POST", "/v1/ticket-states", body, now=time.time())
    assert (await node.send(body, headers))[0] == 401
    await runner.cleanup()


async def test_what_the_simulated_platform_decides_is_known_to_the_hotline(node: Node) -> None:
    async with Simulator(notify=Notify(node.url)) as simulator, ClientSession() as session:
        mine = await node.store.ticket(NO)
        assert mine is not None
        client = HttpPlatform(simulator.settings)
        await client.push(mine)
        async with session.post(f"{simulator.url}/sim/tickets/{NO}/state") as answer:
            assert await answer.json() == {"state": "待派单", "told": True}
        kept = await node.store.state(NO)
        assert kept is not None and kept.state == "待派单"
        services = HttpServices(simulator.settings)
        (matter,) = (await services.progress(AskProgress(CALLER))).matters
        assert matter.state == "待派单"
        await services.close()
        await client.close()


async def test_an_applicant_who_finishes_a_link_is_known_to_the_hotline(node: Node) -> None:
    async with Simulator(notify=Notify(node.url)) as simulator, ClientSession() as session:
        services = HttpServices(simulator.settings)
        link = await services.make_link(SendLink(CALLER, "0101", ("identity",)), key=uuid(1))
        await services.close()
        waiting = Application("0101", "assist", link="sent", link_reference=link.reference)
        application = TicketDraft("办件", service="0101", application=waiting)
        await node.store.open_link(link.reference, "call-1", at=NOON)
        filed = await node.store.file_ticket("call-1", application, LINES, at=NOON)
        states = []
        for method in ("GET", "POST"):
            async with session.request(method, link.url) as answer:
                assert answer.status == 200 and "一号快办" in await answer.text()
            known = await node.store.ticket(filed.ticket_no)
            assert known is not None and known.draft.application is not None
            states.append(known.draft.application.link)
        assert states == ["opened", "finished"]
        assert [proof.how for proof in known.draft.application.evidence] == ["link"]
        assert [heard.status for heard in node.heard] == states
        async with session.get(f"{simulator.url}/link/LK0") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": ""},
        {"reference": "x" * 65},
        {"status": "closed"},
        {"changed": "2026-11-23T13:00:00"},
        {"evidence": "x" * 65},
    ],
)
async def test_link_news_that_make_no_sense_are_refused(node: Node, fields: Any) -> None:
    known = {"reference": "LK1", "status": "opened", "changed": "2026-11-23T13:00:00+08:00"}
    body = json.dumps(known | fields).encode()
    path = "/v1/link-states"
    headers = signature.headers(DEMO_KEY_ID, DEMO_SECRET, "POST", path, body, now=time.time())
    async with (
        ClientSession() as session,
        session.post(node.url + path, data=body, headers=headers) as answer,
    ):
        assert answer.status == 400


def test_the_wire_form_of_a_sample_keeps_every_word() -> None:
    sent = msgspec.json.encode(to_wire(ticket())).decode()
    for line in LINES:
        assert line.text in sent
