"""Whose call it is, and who may do what: over HTTP, without a browser."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from ivr import control
from ivr.console.desk import stream
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.desk.conftest import CALLER, LAMP, Office, earlier_ticket


class Visit:
    """A signed-in visitor without a face."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.web = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.csrf = ""

    async def sign_in(self, name: str) -> None:
        form = {"name": name, "password": PASSWORD}
        async with self.web.post(f"{self.office.url}/sign-in", data=form) as response:
            found = re.search(r'name="csrf" content="([^"]+)"', await response.text())
        assert found is not None
        self.csrf = found[1]

    async def post(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        url, headers = f"{self.office.url}/desk/{path}", {"X-CSRF-Token": self.csrf}
        async with self.web.post(url, json=body, headers=headers) as response:
            return response.status, await response.json()

    async def at_call(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        return await self.post(path, seat="801", call_id="c1", **body)

    async def get(self, path: str) -> tuple[int, Any]:
        headers = {"Accept": "application/json"}
        async with self.web.get(f"{self.office.url}/desk/{path}", headers=headers) as response:
            return response.status, await response.json()

    @asynccontextmanager
    async def stream(self, seat: str = "801") -> AsyncIterator[asyncio.Queue[tuple[str, Any]]]:
        """What the page of a seat is told."""
        told: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

        async def read() -> None:
            url = f"{self.office.url}/desk/stream?seat={seat}"
            async with self.web.get(url, timeout=aiohttp.ClientTimeout(total=None)) as response:
                name = ""
                async for raw in response.content:
                    line = raw.decode().strip()
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        told.put_nowait((name, json.loads(line.removeprefix("data: "))))

        task = asyncio.create_task(read())
        yield told
        task.cancel()
        await asyncio.wait([task])


async def hear(told: asyncio.Queue[tuple[str, Any]], wanted: str) -> Any:
    async with asyncio.timeout(60):
        while True:
            name, value = await told.get()
            if name == wanted:
                return value


@asynccontextmanager
async def visit(office: Office, name: str = "") -> AsyncIterator[Visit]:
    visitor = Visit(office)
    if name:
        await visitor.sign_in(name)
    yield visitor
    await visitor.web.close()


@pytest.fixture
async def wang(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visit]:
    """The operator at 801, with a call."""
    monkeypatch.setattr(stream, "BEAT_S", 0.05)
    async with visit(office, "wang") as visitor:
        assert (await visitor.post("seat", seat="801", do="on"))[0] == 200
        async with visitor.stream() as told:
            await hear(told, "hello")
            await office.offer("c1")
            await hear(told, "form")
            yield visitor


CHANGES = ("shown", "order", "field", "accept", "release", "file", "number", "ticket")


async def test_nobody_else_sees_or_touches_a_call(office: Office, wang: Visit) -> None:
    async with visit(office, "zhao") as zhao:
        async with zhao.stream() as told:
            assert (await hear(told, "hello"))["call"] is None
            await office.says("c1", "caller", "我住在侨港镇", 20)
            await hear(told, "beat")
            while not told.empty():
                assert told.get_nowait()[0] in ("seat", "beat")
        for path in CHANGES:
            status, _ = await zhao.at_call(path, field="type", value="求助", do="end")
            assert status == 403, path
        assert (await zhao.get("similar?seat=801&call_id=c1"))[0] == 403
        status, refused = await zhao.post("seat", seat="801", do="on")
        assert refused["text"] == "desk.bad.taken" and "wang" in refused["error"]
        assert (await zhao.post("seat", seat="801", do="off"))[1]["text"] == "desk.bad.taken"
    assert await office.orders("c1") == []


async def test_other_roles_and_strangers_are_kept_out(office: Office, wang: Visit) -> None:
    async with visit(office, "li") as leader, visit(office) as stranger:
        for path in (*CHANGES, "seat"):
            assert (await leader.at_call(path))[0] == 403
            assert (await stranger.at_call(path))[0] == 401
        for path in ("alive", "stream?seat=801", "similar?seat=801&call_id=c1"):
            assert (await leader.get(path))[0] == 403
            assert (await stranger.get(path))[0] == 401
    wang.csrf = "guessed"
    assert (await wang.at_call("file"))[0] == 400


async def test_the_number_is_masked_until_it_is_asked_for_on_record(
    office: Office, wang: Visit
) -> None:
    async with wang.stream() as told:
        hello = await hear(told, "hello")
        assert CALLER not in json.dumps(hello)
        assert hello["call"]["card"]["caller"] == "139****5678"
        assert not await office.did("number.view")
        _, shown = await wang.at_call("number")
        assert shown == {"caller": CALLER, "contact": CALLER}
        assert await office.did("number.view")
    async with wang.stream() as told:
        hello = await hear(told, "hello")
        assert hello["call"]["number"] == CALLER
        assert hello["call"]["form"]["contact_number"] == CALLER
    looked = [entry for entry in await office.audited() if entry.action == "desk.card"]
    assert [(entry.user, entry.subject, entry.detail) for entry in looked] == [
        ("wang", "c1", "801")
    ]


async def test_orders_reach_the_call_and_only_listed_targets_are_rung(
    office: Office, wang: Visit
) -> None:
    given: tuple[tuple[dict[str, object], control.Order], ...] = (
        ({"do": "hold"}, control.Hold("wang")),
        ({"do": "hold", "on": False}, control.Hold("wang", False)),
        ({"do": "mute", "on": True}, control.Mute("wang")),
        ({"do": "consult", "target": "119"}, control.Consult("wang", "119")),
        ({"do": "conference"}, control.Conference("wang")),
        ({"do": "conference", "target": "12315"}, control.Conference("wang", "12315")),
        ({"do": "blind", "target": "seat:802"}, control.Blind("wang", "seat:802")),
        ({"do": "complete"}, control.Complete("wang")),
        ({"do": "retrieve"}, control.Retrieve("wang")),
        ({"do": "end"}, control.End("wang")),
    )
    for asked, _ in given:
        assert (await wang.at_call("order", **asked))[1] == {"ok": True}
    assert await office.orders("c1") == [order for _, order in given]
    for target in ("13912345678", "seat:801", "seat:999", "12300", ""):
        _, refused = await wang.at_call("order", do="blind", target=target)
        assert refused["text"] == "desk.bad.target"
    assert (await wang.at_call("order", do="dance"))[1]["text"] == "desk.bad.order"
    assert len(await office.orders("c1")) == len(given)
    # The call has been passed on: it is still on the screen, but somebody else's.
    async with wang.stream() as told:
        await hear(told, "hello")
        await office.tell("801", control.Taken("c1"))
        await office.tell("801", control.Gone("c1", "transferred"))
        await hear(told, "gone")
    assert (await wang.at_call("order", do="end"))[1]["text"] == "desk.bad.call"
    assert len(await office.orders("c1")) == len(given)


async def test_earlier_tickets_are_found_and_each_look_is_on_record(
    office: Office, wang: Visit
) -> None:
    number = await earlier_ticket(office, "old", LAMP)
    _, found = await wang.get("similar?seat=801&call_id=c1")
    assert [one["ticket_no"] for one in found["similar"]] == [number]
    assert [one["ticket_no"] for one in found["earlier"]] == [number]
    assert CALLER not in json.dumps(found)
    assert not await office.did("desk.search")
    for words, count in ((number, 1), (CALLER, 1), ("路灯", 1), ("煤气", 0)):
        _, found = await wang.get(f"similar?seat=801&call_id=c1&q={words}")
        assert len(found["similar"]) == count, words
    assert await office.did("desk.search")
    _, ticket = await wang.at_call("ticket", ticket_no=number)
    assert ticket["content"] == LAMP.content
    assert ("ticket.view", number) in [(one.action, one.subject) for one in await office.audited()]
    assert (await wang.at_call("ticket", ticket_no="none"))[1]["text"] == "desk.bad.no-ticket"
    assert await wang.get("similar?seat=801&call_id=c2") == (200, {"gone": True})


async def test_a_secret_callers_ticket_shows_no_words(office: Office, wang: Visit) -> None:
    number = await earlier_ticket(office, "old", replace(LAMP, confidential="全程保密"))
    _, found = await wang.get("similar?seat=801&call_id=c1")
    _, ticket = await wang.at_call("ticket", ticket_no=number)
    for shown in (*found["earlier"], ticket):
        assert (shown["content"], shown["place"], shown["caller"]) == ("", "", "")


async def test_seats(office: Office) -> None:
    async with visit(office, "zhao") as zhao:
        status, refused = await zhao.post("seat", seat="802", do="ready")
        assert (status, refused["text"]) == (200, "desk.bad.off")
        assert (await zhao.post("seat", seat="999", do="on"))[1]["text"] == "desk.bad.seat"
        assert (await zhao.get("stream?seat=999"))[0] == 404
        await zhao.post("seat", seat="802", do="on")
        seats = office.pages.desks._parts.seats
        for do, status_now, reason in (
            ("pause", "paused", "休息"),
            ("ready", "ready", ""),
            ("leave", "paused", "离岗"),
        ):
            await zhao.post("seat", seat="802", do=do)
            assert (seats.here["802"].status, seats.here["802"].reason) == (status_now, reason)
        assert (await zhao.post("seat", seat="802", do="dance"))[0] == 400
        # Nobody sits at two seats.
        await zhao.post("seat", seat="801", do="on")
        assert set(seats.here) == {"801"}
        # Nor does a page that was left open call them back.
        _, refused = await zhao.post("seat", seat="802", do="on", again=True)
        assert refused["text"] == "desk.bad.elsewhere"
        assert set(seats.here) == {"801"}
        await zhao.post("seat", seat="801", do="off")
        assert seats.here == {}
        assert (await zhao.post("seat"))[1]["text"] == "desk.bad.seat"
    done = [entry.action for entry in await office.audited() if entry.action.startswith("seat")]
    assert done == ["seat.on", "seat.pause", "seat.ready", "seat.leave", "seat.on", "seat.off"]
