"""Which earlier tickets are offered as the same matter."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from adapters.similar import Known
from flows.ticket import Place, Recognised, TicketDraft
from ivr.console.desk.alike import compared, ranked, wanted

NOON = datetime(2026, 11, 23, 12).astimezone()
ROAD = Place("侨北路12号", "银海区", "450503", "侨港镇", "450503103", "侨北路12号")
LAMP = TicketDraft(
    "投诉", recognised=Recognised("cmp.streetlight"), content="路灯坏了没人修", place=ROAD
)
CALLER = "13912345678"


def known(draft: TicketDraft, caller: str = "13900000000", minutes: int = 0) -> Known:
    at = NOON + timedelta(minutes=minutes)
    return Known(f"BH2026112300000{minutes}", "c", caller, at, draft)


def same(draft: TicketDraft, other: TicketDraft, caller: str = "13900000000") -> tuple[str, ...]:
    return compared(draft, CALLER, known(other, caller)).same


def test_what_two_tickets_have_in_common() -> None:
    assert same(LAMP, LAMP, CALLER) == ("caller", "intent", "place", "words")
    elsewhere = replace(ROAD, town="", town_code="", county="", county_code="", place="人民路")
    assert same(LAMP, replace(LAMP, place=elsewhere)) == ("intent", "words")
    assert same(LAMP, replace(LAMP, place=replace(ROAD, place="侨北路"))) == (
        "intent",
        "place",
        "words",
    )
    # The same road name in another town is another road.
    other_town = replace(ROAD, town="银滩镇", town_code="450503101")
    assert "place" not in same(LAMP, replace(LAMP, place=other_town))
    grid = replace(LAMP, grid_code="450503103901003", place=Place())
    assert "place" in same(grid, grid)
    assert same(TicketDraft("其他"), TicketDraft("其他")) == ()


def test_the_likeliest_come_first_and_the_unlike_are_left_out() -> None:
    noise = replace(LAMP, recognised=Recognised("cmp.noise_life"), content="吵", place=Place())
    found = ranked(
        LAMP,
        CALLER,
        [
            known(noise, CALLER, 1),
            known(LAMP, minutes=2),
            known(LAMP, CALLER, 3),
            known(LAMP, minutes=4),
        ],
    )
    assert [one.known.ticket_no[-1] for one in found] == ["3", "4", "2"]
    assert len(ranked(LAMP, CALLER, [known(LAMP, minutes=n) for n in range(9)])) == 6


def test_what_is_looked_for() -> None:
    asked = wanted(LAMP, CALLER, "c1", NOON, 30)
    assert (asked.caller, asked.intent, asked.place) == (CALLER, "cmp.streetlight", "侨北路12号")
    assert asked.since == NOON - timedelta(days=30) and asked.call_id == "c1"
    words = wanted(LAMP, CALLER, "c1", NOON, 30, "烧烤 人民路")
    assert words.words == ("烧烤", "人民路") and not words.caller and not words.intent
    assert wanted(LAMP, CALLER, "c1", NOON, 30, "13900000001").caller == "13900000001"
