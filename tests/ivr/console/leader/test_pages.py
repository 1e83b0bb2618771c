"""Leader callbacks' pages without a browser: who may see and do what, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from icalendar import Calendar

from ivr.console.leader.session import moved
from ivr.console.words import texts
from ivr.leader.sessions import NotAllowed
from tests.ivr.console.leader.conftest import NINE, Callbacks


async def csrf(browser: aiohttp.ClientSession) -> str:
    """The secret that this browser's forms carry."""
    async with browser.get("/leader") as response:
        page = await response.text()
    return page.split('name="csrf" content="')[1].split('"')[0]


async def status(browser: aiohttp.ClientSession, path: str) -> int:
    async with browser.get(path) as response:
        return response.status


async def send(browser: aiohttp.ClientSession, path: str, **form: str) -> tuple[int, str]:
    """What comes of a form: the status, and the text that says why it was refused."""
    data = form | {"csrf": await csrf(browser)}
    async with browser.post(path, data=data, allow_redirects=False) as response:
        place = response.headers.get("Location", "")
        return response.status, place.partition("error=")[2].partition("#")[0]


async def test_only_those_of_a_session_see_and_hear_it(callbacks: Callbacks) -> None:
    made, items = await callbacks.begun()
    await callbacks.talked(items[0])
    session = f"/leader/sessions/{made.session_id}"
    item = f"{session}/items/{items[0].item_id}"
    sound = f"{item}/calls/c1/recording"
    for name, sees, hears in (
        ("zhou", 200, 200),  # the leader
        ("sun", 200, 200),  # the host
        ("li", 200, 200),  # a supervisor
        ("wu", 403, 403),  # another leader
        ("wang", 403, 403),  # an operator
    ):
        async with await callbacks.signed_in(name) as browser:
            assert await status(browser, session) == sees, name
            assert await status(browser, item) == sees, name
            assert await status(browser, sound) == hears, name
    heard = await callbacks.store.audited(subject="c1")
    assert {entry.user for entry in heard if entry.action == "recording.listen"} == {
        "zhou",
        "sun",
        "li",
    }
    refused = [entry.user for entry in await callbacks.store.audited() if entry.action == "refused"]
    assert set(refused) == {"wu", "wang"}


async def test_a_host_of_another_session_plans_but_does_not_listen(callbacks: Callbacks) -> None:
    made, items = await callbacks.begun(host="")
    await callbacks.talked(items[0])
    item = f"/leader/sessions/{made.session_id}/items/{items[0].item_id}"
    async with await callbacks.signed_in("sun") as browser:
        assert await status(browser, item) == 200
        assert await status(browser, f"{item}/calls/c1/recording") == 403
        assert (await send(browser, f"{item}/outcome", kind="拒访", revision="0"))[0] == 403


async def test_a_confidential_ticket_is_for_cleared_people(callbacks: Callbacks) -> None:
    made = await callbacks.planned(leader="qin", leader_name="秦副局长", planned=60)
    items = await callbacks.service.draw(made, by="sun")
    (secret,) = (item for item in items if item.ticket.confidential == "全程保密")
    session = f"/leader/sessions/{made.session_id}"
    async with await callbacks.signed_in("qin") as cleared, await callbacks.signed_in("li") as not_:
        assert await status(cleared, f"{session}/items/{secret.item_id}") == 200
        assert await status(not_, f"{session}/items/{secret.item_id}") == 403
        async with not_.get(session) as response:
            page = await response.text()
        assert "保密件（有权限的人可看）" in page
        row = page.split(f'id="item-{secret.item_id}"')[1].split("</tr>")[0]
        assert secret.ticket.title not in row
        assert secret.ticket.number[-4:] not in row.replace(secret.ticket_no, "")


async def press(browser: aiohttp.ClientSession, path: str, **order: str | int) -> tuple[int, str]:
    """What comes of a button of the telephone: the status and the reason why not."""
    headers = {"X-CSRF-Token": await csrf(browser), "Accept": "application/json"}
    async with browser.post(path, json=order, headers=headers) as response:
        known = await response.json() if response.content_type == "application/json" else {}
        return response.status, known.get("reason", "")


async def test_the_telephone_rings_whom_this_session_may_ring(callbacks: Callbacks) -> None:
    made, items = await callbacks.begun(
        leader="qin", leader_name="秦副局长", planned=60, host_seat="802"
    )
    (secret,) = (item for item in items if item.ticket.confidential == "全程保密")
    other = next(item for item in items if item is not secret)
    phone = f"/leader/sessions/{made.session_id}/phone"
    async with await callbacks.signed_in("qin") as leader, await callbacks.signed_in("sun") as host:
        dial = f"{phone}/order"
        assert await press(leader, dial, type="Dial", item_id=secret.item_id) == (200, "")
        # The host is not cleared: neither rings the informer nor follows what they say.
        assert (await press(host, dial, type="Dial", item_id=secret.item_id))[0] == 403
        assert await press(host, dial, type="Dial", item_id=other.item_id) == (200, "")
        assert (await press(host, dial, type="HostIn", seat="803"))[0] == 400
        assert await press(host, dial, type="HostIn", seat="802") == (200, "")
    assert "refused" in await callbacks.actions()


async def test_nobody_is_rung_outside_the_session(callbacks: Callbacks) -> None:
    made = await callbacks.planned()
    items = await callbacks.service.draw(made, by="sun")
    phone = f"/leader/sessions/{made.session_id}/phone"
    async with await callbacks.signed_in("zhou") as leader:
        assert await press(leader, f"{phone}/seat") == (409, "not-begun")
        dial = await press(leader, f"{phone}/order", type="Dial", item_id=items[0].item_id)
        assert dial == (409, "not-begun")


async def test_what_a_form_may_not_do_is_said(callbacks: Callbacks) -> None:
    made = await callbacks.planned()
    session = f"/leader/sessions/{made.session_id}"
    async with await callbacks.signed_in("zhou") as browser:
        assert (await send(browser, f"{session}/state", step="start"))[1] == "leader.error.empty"
        assert (await send(browser, f"{session}/state", step="end"))[1] == "leader.error.state"
        assert (await send(browser, f"{session}/state", step="fly"))[0] == 400
        assert (await send(browser, f"{session}/draw", seed="x"))[0] == 400
        assert (await send(browser, f"{session}/add", ticket="000001"))[1] == (
            "leader.error.no-ticket"
        )
        late = {"starts": "2026-11-25T09:00"}
        assert (await send(browser, f"{session}/postpone", reason=" ", **late))[1] == (
            "leader.error.reason"
        )
        assert (await send(browser, f"{session}/postpone", reason="会", starts="x"))[0] == 400
        assert (await send(browser, f"{session}/draw"))[1] == ""
        items = await callbacks.store.leader_items(made.session_id)
        listed = items[0].item_id
        assert (await send(browser, f"{session}/order", item=str(listed), move="fly"))[0] == 400
        assert (await send(browser, f"{session}/order", item="999", move="up"))[0] == 404
        item = f"{session}/items/{listed}"
        assert (await send(browser, f"{item}/outcome", kind="拒访", revision="0"))[0] == 409
        assert (await send(browser, f"{item}/outcome", kind="王", revision="0"))[0] == 400
        assert await status(browser, f"{session}/items/999") == 404
        assert await status(browser, f"{session}/items/x") == 404
        assert await status(browser, "/leader/sessions/none") == 404
        assert await status(browser, "/leader?month=soon") == 400
        assert await status(browser, "/leader/figures?year=x") == 400
        # A word that is none of ours is not shown.
        async with browser.get("/leader?error=leader.error.evil<b>") as response:
            assert 'role="alert"' not in await response.text()


async def test_two_who_fill_in_the_same_form(callbacks: Callbacks) -> None:
    made, items = await callbacks.begun()
    item = f"/leader/sessions/{made.session_id}/items/{items[0].item_id}"
    async with await callbacks.signed_in("zhou") as one, await callbacks.signed_in("sun") as two:
        first = await send(one, f"{item}/outcome", kind="拒访", revision="0", notes="不谈")
        assert first == (303, "")
        data = {
            "kind": "已解决且认可",
            "revision": "0",
            "notes": "他说可以了",
            "csrf": await csrf(two),
        }
        async with two.post(f"{item}/outcome", data=data) as response:
            page = await response.text()
            assert response.status == 409
        # What the second one wrote is still there, to be sent again by who has seen the first.
        assert "别人刚改过" in page
        assert "他说可以了</textarea>" in page
        assert 'name="revision" value="1"' in page
        assert await status(two, f"{item}/outcome") == 200
    known = await callbacks.store.leader_outcome(items[0].item_id)
    assert known is not None and (known.kind, known.by_role) == ("拒访", "leader")


async def test_calendars(callbacks: Callbacks) -> None:
    made = await callbacks.planned()
    await callbacks.planned(
        leader="wu", unit="市公安局", host="", seat="802", starts=NINE + timedelta(days=1)
    )
    async with await callbacks.signed_in("zhou") as browser:
        async with browser.get("/leader/calendar.ics") as response:
            assert response.content_type == "text/calendar"
            events = Calendar.from_ical(await response.read()).walk("VEVENT")
        assert [event["UID"] for event in events] == [f"{made.session_id}@hotline"]
        async with browser.get(f"/leader/sessions/{made.session_id}.ics") as response:
            assert response.status == 200
    async with (
        await callbacks.signed_in("li") as browser,
        browser.get("/leader/calendar.ics") as response,
    ):
        assert len(Calendar.from_ical(await response.read()).walk("VEVENT")) == 2


async def test_an_export_is_fetched_by_who_asked_and_once(callbacks: Callbacks) -> None:
    made, _ = await callbacks.begun()
    async with (
        await callbacks.signed_in("zhou") as asks,
        await callbacks.signed_in("li") as allows,
        await callbacks.signed_in("wu") as other,
    ):
        path = f"/leader/sessions/{made.session_id}/export"
        assert (await send(other, path, reason="看看"))[0] == 403
        assert (await send(asks, path, reason="督查"))[1] == ""
        (export,) = await callbacks.store.exports()
        decide, file = (
            f"/leader/exports/{export.export_id}",
            f"/leader/exports/{export.export_id}/file",
        )
        assert (await send(asks, file))[1] == "leader.error.export-not-approved"
        assert (await send(asks, decide, decision="approve"))[0] == 403
        assert (await send(allows, decide, decision="approve"))[1] == ""
        assert (await send(allows, file))[1] == "leader.error.not-yours"
        assert (await send(asks, file))[0] == 200
        assert (await send(asks, file))[1] == "leader.error.export-taken"
        assert (await send(allows, "/leader/exports/none", decision="approve"))[0] == 404


async def test_a_platform_that_is_away_is_said(callbacks: Callbacks) -> None:
    made = await callbacks.planned()

    async def away(*_: object) -> object:
        from adapters.ports import PlatformUnavailable

        raise PlatformUnavailable("503")

    callbacks.platform.closed_tickets = away  # type: ignore[method-assign,assignment]
    callbacks.platform.unsolved = away  # type: ignore[method-assign,assignment]
    async with await callbacks.signed_in("sun") as browser:
        path = f"/leader/sessions/{made.session_id}/draw"
        assert (await send(browser, path))[1] == "leader.error.platform"
        async with browser.get("/leader/rota") as response:
            assert response.status == 200
            assert "工单平台现在连不上" in await response.text()


def test_every_reason_to_refuse_has_its_words() -> None:
    from pathlib import Path

    import ivr.leader

    folder = Path(ivr.leader.__file__).parent
    for file in folder.glob("*.py"):
        for part in file.read_text("utf-8").split('"leader.error.')[1:]:
            name = "leader.error." + part.split('"')[0]
            assert "{" in name or name in texts(), name
    assert NotAllowed("leader.error.state").text in texts()


def test_an_item_is_moved() -> None:
    assert moved([1, 2, 3], 2, "up") == [2, 1, 3]
    assert moved([1, 2, 3], 2, "down") == [1, 3, 2]
    assert moved([1, 2, 3], 3, "top") == [3, 1, 2]
    assert moved([1, 2, 3], 1, "up") == [1, 2, 3]
    assert moved([1, 2, 3], 3, "down") == [1, 2, 3]
