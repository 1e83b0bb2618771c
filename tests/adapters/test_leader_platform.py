"""The platform's part in leader callbacks: memory, and HTTP to the simulator, documented."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.leader import ClosedTicket, Outcome, Reopening
from adapters.leader_platform import HttpLeaderPlatform, LeaderPlatform, MemoryLeaderPlatform
from adapters.leader_wire import (
    ClosedPage,
    ClosedSearch,
    UnsolvedCounts,
    UnsolvedSearch,
    WireOutcome,
    WireReopening,
    outcome_report,
    reopening_report,
)
from adapters.ports import PlatformRejected, PlatformUnavailable
from adapters.reports import Report, ReportReceipt
from adapters.simulator import Behaviour, Simulator
from adapters.simulator import leader as simulated
from tests.adapters.leader_samples import DAY, case, closed, item, outcome, session
from tests.adapters.samples import NOON
from tests.adapters.test_openapi import PLATFORM, check

TICKETS = [
    closed(1, result="未解决"),
    closed(2, closed=NOON - 100 * DAY, result="未解决"),
    closed(3, satisfaction="不满意", complained=("周局长",), leader_called=NOON),
    closed(4, unit="市公安局", result="部分解决", leave_alone=True),
    closed(5),
]
ITEM = item(1, "LD1", item_id=5)


@pytest.fixture(params=["memory", "http"])
async def platform(request: pytest.FixtureRequest) -> AsyncIterator[LeaderPlatform]:
    """Each adapter, on a platform with some closed tickets."""
    if request.param == "memory":
        yield MemoryLeaderPlatform(TICKETS)
        return
    async with Simulator() as simulator:
        simulator.leader.platform.tickets.update({one.ticket_no: one for one in TICKETS})
        http = HttpLeaderPlatform(simulator.settings)
        yield http
        await http.close()


def told(outcome_: Outcome, **more: Any) -> Report:
    return outcome_report(
        replace(outcome_, **more), ITEM, session(), given_by="周局长", notes_confirmed=True
    )


GIVEN = outcome(ITEM, kind="拒访", at=NOON, revision=1)


async def test_closed_tickets_are_found_by_time_and_unit(platform: LeaderPlatform) -> None:
    since, until = NOON - 90 * DAY, NOON
    found = await platform.closed_tickets(since, until)
    assert [one.ticket_no[-1] for one in found] == ["1", "3", "4", "5"]
    assert found[1] == TICKETS[2]
    mine = await platform.closed_tickets(since, until, ("市公安局",))
    assert [one.ticket_no[-1] for one in mine] == ["4"]
    assert not await platform.closed_tickets(since, NOON - 10 * DAY)
    assert await platform.unsolved(since, until) == {"市城市管理局": 2, "市公安局": 1}


async def test_all_pages_are_read(platform: LeaderPlatform, monkeypatch: Any) -> None:
    monkeypatch.setattr(simulated, "LONGEST_PAGE", 2)
    found = await platform.closed_tickets(NOON - 365 * DAY, NOON)
    assert [one.ticket_no[-1] for one in found] == ["1", "2", "3", "4", "5"]


async def test_a_report_told_twice_is_a_duplicate(platform: LeaderPlatform) -> None:
    first = await platform.report(told(GIVEN))
    again = await platform.report(told(GIVEN))
    later = await platform.report(told(GIVEN, revision=2, notes="改"))
    late = await platform.report(told(GIVEN))
    assert [one.duplicate for one in (first, again, later, late)] == [False, True, False, True]
    assert first.reference == again.reference
    reopened = case(ITEM, revision=1)
    assert not (await platform.report(reopening_report(reopened))).duplicate


async def test_what_a_platform_refuses_and_what_it_cannot_take_now() -> None:
    async with Simulator() as simulator:
        http = HttpLeaderPlatform(simulator.settings)
        simulator.behave(Behaviour(fail=1, fail_code=422))
        with pytest.raises(PlatformRejected):
            await http.report(told(GIVEN))
        simulator.behave(Behaviour(lose=1))
        with pytest.raises(PlatformUnavailable):
            await http.report(told(GIVEN))
        # The answer was lost, the report was not.
        assert (await http.report(told(GIVEN))).duplicate
        assert [one.outcome for one in simulator.leader.outcomes] == ["拒访"]
        await http.close()


async def test_pages_without_an_end_are_given_up(monkeypatch: Any) -> None:
    async with Simulator() as simulator:
        simulator.leader.platform.tickets.update({one.ticket_no: one for one in TICKETS})
        http = HttpLeaderPlatform(simulator.settings)
        monkeypatch.setattr(simulated, "LONGEST_PAGE", 1)
        monkeypatch.setattr("adapters.leader_platform.MOST_PAGES", 3)
        with pytest.raises(PlatformUnavailable, match="do not end"):
            await http.closed_tickets(NOON - 365 * DAY, NOON)
        await http.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ClosedSearch", ClosedSearch(NOON, NOON, ("市公安局",))),
        ("ClosedPage", ClosedPage(tuple(TICKETS), "BH1")),
        ("UnsolvedSearch", UnsolvedSearch(NOON, NOON)),
        ("UnsolvedCounts", UnsolvedCounts({"市公安局": 1})),
        ("ReportReceipt", ReportReceipt("P1", True)),
    ],
)
def test_messages_are_as_described(name: str, value: msgspec.Struct) -> None:
    described = PLATFORM["components"]["schemas"][name]
    check(PLATFORM, described, msgspec.json.encode(value))
    assert set(described["properties"]) == set(type(value).__struct_fields__)


@pytest.mark.parametrize("kind", ["ClosedTicket", "LeaderOutcome", "LeaderReopening"])
def test_the_fields_are_those_of_the_code(kind: str) -> None:
    types: dict[str, type[msgspec.Struct]] = {
        "ClosedTicket": ClosedTicket,
        "LeaderOutcome": WireOutcome,
        "LeaderReopening": WireReopening,
    }
    described = PLATFORM["components"]["schemas"][kind]
    assert set(described["properties"]) == set(types[kind].__struct_fields__)


def test_reports_are_as_described() -> None:
    schemas = PLATFORM["components"]["schemas"]
    bodies = [told(GIVEN), told(GIVEN, kind="改约", again=NOON, key="2", call_id="c1")]
    for report in bodies:
        check(PLATFORM, schemas["LeaderOutcome"], report.body.encode())
    done: Reopening = case(
        ITEM, revision=2, state="已解决", reported=NOON, closed=NOON, satisfied=True, signed_by="z"
    )
    for one in (case(ITEM, revision=1), done):
        check(PLATFORM, schemas["LeaderReopening"], reopening_report(one).body.encode())


async def test_a_simulator_has_tickets_to_call_about() -> None:
    async with Simulator() as simulator:
        simulator.leader.fill(300)
        http = HttpLeaderPlatform(simulator.settings)
        now = datetime.now(UTC)
        found = await http.closed_tickets(now - 90 * DAY, now)
        assert len({one.ticket_no for one in found}) == 300
        assert {"未解决", "部分解决", "解决"} == {one.result for one in found}
        assert sum((await http.unsolved(now - 90 * DAY, now)).values()) > 50
        await http.close()
