"""Calls promised, on the pages: who sees them, what a late plan is told, how one is given up."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from adapters.leader import LeaderSession, WorkItem
from adapters.leader_store import SessionQuery
from ivr.leader.outcomes import Form, Giver
from tests.ivr.console.leader.conftest import NINE, Callbacks
from tests.ivr.console.leader.test_pages import csrf, send

HOUR = timedelta(hours=1)
AGREED = NINE + timedelta(days=2, hours=6)


async def promised(callbacks: Callbacks, count: int = 1) -> tuple[LeaderSession, list[WorkItem]]:
    """A session of a cleared leader that is over: a secret ticket was put off, and others."""
    made, items = await callbacks.begun(leader="qin", leader_name="秦副局长", planned=60)
    (secret,) = (item for item in items if item.ticket.confidential == "全程保密")
    left = [secret, *(item for item in items if item is not secret)][: count + 1]
    for item in left:
        await callbacks.talked(item, f"c{item.item_id}")
        form = Form("改约", "下午才有空", again=AGREED)
        giver = Giver("qin", "秦副局长", "leader")
        await callbacks.service.give(item.item_id, form, giver, revision=1)
    await callbacks.service.end(made)
    return made, left


async def shown(browser: aiohttp.ClientSession, path: str) -> str:
    """The list of promises on a page."""
    async with browser.get(path) as response:
        assert response.status == 200
        page = await response.text()
    return page.partition('id="promises"')[2].partition("</section>")[0]


async def test_promises_are_listed_for_those_whom_they_concern(callbacks: Callbacks) -> None:
    made, (secret, item) = await promised(callbacks)
    link = f"/leader/sessions/{made.session_id}/items/"
    for name, sees, opens, reads in (
        ("qin", True, True, True),  # the leader, who is cleared
        ("zhou", True, False, False),  # another of the unit
        ("sun", True, True, False),  # hosts and supervisors
        ("wu", False, False, False),  # a leader of another unit
    ):
        async with await callbacks.signed_in(name) as browser:
            there = await shown(browser, "/leader")
            assert ("约定再打 2 件" in there) == sees, name
            assert ("11-25 15:00" in there) == sees, name
            assert (f"{link}{item.item_id}" in there) == opens, name
            assert (f"{link}{secret.item_id}" in there) == reads, name
            assert ("保密件" in there) == (sees and not reads), name
            assert item.ticket.number not in there
    seen = [one.user for one in await callbacks.store.audited() if one.action == "leader.promises"]
    assert sorted(seen) == ["qin", "sun", "zhou"]


@pytest.mark.usefixtures("telephone")
async def test_a_late_plan_is_warned_of_and_the_next_list_keeps_the_promise(
    callbacks: Callbacks,
) -> None:
    _, (_, item) = await promised(callbacks)
    late, right = AGREED + HOUR, AGREED - HOUR
    form = {"leader": "zhou", "host": "sun", "seat": "802", "planned": "5", "minutes": "80"}
    async with await callbacks.signed_in("sun") as browser:
        wanted = form | {"starts": f"{late:%Y-%m-%dT%H:%M}", "csrf": await csrf(browser)}
        async with browser.post("/leader/plan", data=wanted) as response:
            page = await response.text()
            assert response.status == 409
        assert "下面的群众约在这个时间之前" in page and 'name="late" value="1"' in page
        assert f'value="{late:%Y-%m-%dT%H:%M}"' in page
        assert '<option value="zhou" selected>' in page
        asked = form | {"starts": f"{right:%Y-%m-%dT%H:%M}"}
        assert await send(browser, "/leader/plan", **asked) == (303, "")
        *_, made = await callbacks.store.leader_sessions(SessionQuery())
        session = f"/leader/sessions/{made.session_id}"
        assert "还没有场次接着打" in await shown(browser, session)
        assert await send(browser, f"{session}/draw") == (303, "")
        assert f'href="{session}"' in await shown(browser, "/leader")
        first, *_ = await callbacks.store.leader_items(made.session_id)
        assert (first.ticket_no, first.origin) == (item.ticket_no, item.item_id)
        async with browser.get(session) as response:
            page = await response.text()
        assert "改约 11-25 15:00" in page and "约定再打" in page
        # The secret one is not for this leader. Taken off the list the other is nobody's, too.
        for move, nobody in (("remove", 2), ("back", 1)):
            order = {"item": str(first.item_id), "move": move}
            assert await send(browser, f"{session}/order", **order) == (303, "")
            assert (await shown(browser, session)).count("还没有场次接着打") == nobody
        async with browser.get(f"{session}/items/{first.item_id}") as response:
            page = await response.text()
        assert "以前打过的" in page and "下午才有空" in page
        # Planned late all the same, for who asks twice.
        assert await send(browser, "/leader/plan", **(wanted | {"late": "1"})) == (303, "")


async def test_a_promise_is_given_up_by_who_made_it_and_for_a_reason(callbacks: Callbacks) -> None:
    made, (secret, item) = await promised(callbacks)
    path = f"/leader/promises/{item.item_id}/give-up"
    async with await callbacks.signed_in("zhou") as other:
        assert (await send(other, path, reason="不打了"))[0] == 403
    async with await callbacks.signed_in("qin") as browser:
        assert (await send(browser, path, reason=" "))[1] == "leader.error.reason"
        assert await send(browser, path, reason="已来信说解决了") == (303, "")
        assert (await send(browser, path, reason="再来"))[1] == "leader.error.done"
        assert (await send(browser, "/leader/promises/999/give-up", reason="x"))[0] == 404
        assert "约定再打 1 件" in await shown(browser, "/leader")
    (entry,) = [one for one in await callbacks.store.audited() if one.action == "leader.give-up"]
    assert (entry.subject, entry.detail) == (
        f"{made.session_id}/{item.item_id}",
        "已来信说解决了",
    )
    assert secret.item_id != item.item_id
