"""Ratings and follow-ups on their way to the platform: documented, and once."""

from __future__ import annotations

import pytest

from adapters import aftercall_wire
from adapters.aftercall_wire import follow_up_report, rating_report
from adapters.errands import Errand, RatingRecord
from adapters.http_platform import HttpPlatform
from adapters.leader_platform import HttpLeaderPlatform
from adapters.ports import PlatformUnavailable
from adapters.simulator import Behaviour, Simulator
from flows.followup import FollowUpResult
from flows.opinion import Rating
from tests.adapters.samples import CALLER, NOON, ticket
from tests.adapters.test_openapi import PLATFORM, check

BAD = RatingRecord("call-1", "BH1", Rating("person", "不满意", "态度不好", "很凶"), NOON, 1)
CONTENT = FollowUpResult("answered", True, "有", "解决", "满意")


def errand(found: FollowUpResult | None, ref: str = "BH20261123000001") -> Errand:
    return Errand(1, "follow-up", ref, 0, CALLER, NOON, "", "done", 2, NOON, "", NOON, found)


def test_messages_are_as_described() -> None:
    schemas = PLATFORM["components"]["schemas"]
    for report, schema in (
        (rating_report(BAD), "Rating"),
        (follow_up_report(errand(CONTENT), "out-1"), "FollowUp"),
        (follow_up_report(errand(None), ""), "FollowUp"),
    ):
        check(PLATFORM, schemas[schema], report.body.encode())
        assert aftercall_wire.PATHS[report.kind] in PLATFORM["paths"]


async def test_they_arrive_once_and_a_later_revision_replaces_the_earlier() -> None:
    async with Simulator() as simulator:
        client = HttpLeaderPlatform(simulator.settings)
        first = RatingRecord("call-1", "BH1", Rating("person", "不满意"), NOON, 0)
        assert not (await client.report(rating_report(first))).duplicate
        assert not (await client.report(rating_report(BAD))).duplicate
        assert (await client.report(rating_report(first))).duplicate
        (kept,) = simulator.opinions.ratings.values()
        assert (kept.dissatisfy_reason, kept.about) == ("态度不好", "人工")
        simulator.behave(Behaviour(fail=1))
        with pytest.raises(PlatformUnavailable):
            await client.report(rating_report(BAD))
        await client.close()


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (CONTENT, "已办结"),
        (FollowUpResult("review", True, "有", "未解决", "不满意", review=True), "待回访"),
        (None, "待回访"),
    ],
)
async def test_only_a_content_citizen_closes_the_ticket_there(
    found: FollowUpResult | None, state: str
) -> None:
    async with Simulator() as simulator:
        push, client = HttpPlatform(simulator.settings), HttpLeaderPlatform(simulator.settings)
        await push.push(ticket())
        for _ in range(12):
            (known,) = await simulator.tickets()
            if known.state == "待回访":
                break
            await simulator.advance(known.ticket.ticket_no)
        await client.report(follow_up_report(errand(found), "out-1"))
        (known,) = await simulator.tickets()
        assert known.state == state
        await push.close()
        await client.close()
