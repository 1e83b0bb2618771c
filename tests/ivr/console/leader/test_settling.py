"""A call with an unknown end in an earlier session is settled on the page of the next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ivr.console.leader.conftest import Callbacks


@pytest.mark.usefixtures("telephone")
async def test_a_call_that_may_have_rung_is_settled_in_the_next_session(
    callbacks: Callbacks,
) -> None:
    made, (item, *_) = await callbacks.begun()
    store = callbacks.store
    await store.open_leader_call(item.item_id, "c1", by="zhou", at=callbacks.at, most=2)
    await store.close_leader_call("c1", "unknown", at=callbacks.at)
    await callbacks.service.end(made)
    callbacks.at += timedelta(days=1)
    again, (first, *_) = await callbacks.begun()
    assert (first.origin, first.attempts) == (item.item_id, 1)
    async with await callbacks.signed_in("zhou") as browser:
        path = f"/leader/sessions/{again.session_id}/items/{first.item_id}"
        async with browser.get(path) as response:
            page = await response.text()
    before = page.partition('id="before"')[2].partition("</section>")[0]
    assert f'action="/leader/sessions/{again.session_id}/phone/settle"' in before
    assert f'name="item" value="{first.item_id}"' in before
    assert '<option value="no-answer">' in before
