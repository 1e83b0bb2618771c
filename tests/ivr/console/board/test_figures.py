"""Figures, seats and plots as values."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest

from adapters.state.model import LiveCall, Seat
from adapters.statistics import Tally
from ivr.console.board import plot
from ivr.console.board.figures import Figure, days_of, figures, hours_of, minutes, percent, share
from ivr.console.board.seats import doing

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 0, "—"), (0, 7, "0.0%"), (7, 7, "100.0%"), (19, 20, "95.0%"), (9499, 10000, "94.9%"),
     (949_999, 1_000_000, "94.9%"), (1, 3, "33.3%")],
)  # fmt: skip
def test_shares_are_never_rounded_up(part: int, whole: int, shown: str) -> None:
    assert percent(share(part, whole)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (59.6, "1:00"), (75, "1:15"), (3600, "1:00:00"), (-1, "0:00")],
)
def test_times(seconds: float, shown: str) -> None:
    assert minutes(seconds) == shown


def test_the_figures_of_a_day() -> None:
    tally = Tally(
        calls=100, refused=4, answered=95, answered_soon=90, asked=40, reached=30, reached_soon=10,
        machine=45, person=30, abandoned=8, going_on=5, wait_s=800.0, longest_s=95.0,
    )  # fmt: skip
    found = {figure.id: figure for figure in figures(tally)}
    assert found["connected"] == Figure("connected", "95.0%", "95 / 100", "good")
    assert found["answered-soon"].value == "94.7%"
    assert found["reached"] == Figure("reached", "75.0%", "30 / 40")
    assert found["reached-soon"].value == "25.0%"
    assert found["abandoned"].of == "8 / 40"
    # Of the 95 answered five still talk.
    assert found["machine"].of == "45 / 90"
    assert (found["wait"].value, found["wait"].of) == ("0:20", "1:35")
    assert figures(Tally(calls=20, answered=18))[0].verdict == "bad"
    assert figures(Tally())[0] == Figure("connected", "—", "0 / 0")


def test_hours_and_days_without_a_call_are_there_too() -> None:
    nine = Tally(MONDAY, 9, calls=3)
    hours = hours_of(MONDAY, [nine, Tally(date(2026, 11, 22), 9, calls=9)])
    assert len(hours) == 24 and hours[9] is nine and hours[10] == Tally(MONDAY, 10)
    days = days_of(MONDAY, 3, [Tally(MONDAY, calls=1)])
    assert [(tally.day, tally.calls) for tally in days] == [
        (date(2026, 11, 21), 0), (date(2026, 11, 22), 0), (MONDAY, 1),
    ]  # fmt: skip


def test_what_seats_do() -> None:
    seats = [Seat(name, "sip:x", "a") for name in ("806", "805", "804", "803", "802")]
    seats.append(Seat("801", "sip:x", "a", status="paused", reason="用餐", since=7.0))
    calls = [
        LiveCall("c2", "a", "", "", 0, "waiting"),
        LiveCall("c3", "a", "", "", 0, "operator", seat="803"),
        LiveCall("c5", "a", "", "", 0, "operator", seat="803"),
    ]
    claims = {"802": "c2", "803": "c3", "804": "gone", "805": "c5"}
    found = [(seat.seat, seat.doing, seat.call_id) for seat in doing(seats, claims, calls)]
    assert found == [
        ("801", "paused", ""), ("802", "ringing", "c2"), ("803", "talking", "c3"),
        ("804", "wrap-up", ""), ("805", "wrap-up", ""), ("806", "ready", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("most", [0, 1, 4, 5, 9, 10, 11, 17, 99, 100, 101, 1234, 287_800])
def test_the_scale_holds_everything_in_four_even_steps(most: int) -> None:
    top = plot.ceiling(most)
    assert top >= most and top % 4 == 0
    assert top <= max(4, most * 2)


def test_bars_are_as_high_as_their_counts() -> None:
    columns = [plot.Column("9", "9:00", (3.0, 1.0)), plot.Column("", "10:00", (0.0, None))]
    drawn = ElementTree.fromstring(plot.bars('<各"小时>', ["机器", "人工"], columns))
    assert drawn.get("aria-label") == '<各"小时>'
    rects = drawn.findall(".//rect")
    heights = [float(rect.get("height") or 0) for rect in rects]
    assert [rect.get("class") for rect in rects] == ["s0", "s1"]
    assert heights[0] == pytest.approx(3 * heights[1], abs=0.2)
    assert sum(heights) == pytest.approx(plot.HEIGHT - plot.TOP - plot.BOTTOM, abs=0.2)
    assert [title.text for title in drawn.findall(".//title")] == [
        "9:00: 机器 3，人工 1",
        "10:00: 0",
    ]


def test_lines_are_broken_where_nothing_is_known() -> None:
    values: list[float | None] = [1.0, 0.5, None, 0.25]
    columns = [plot.Column("", str(n), (value,)) for n, value in enumerate(values)]
    drawn = ElementTree.fromstring(plot.lines("比率", ["接通率"], columns, 0.95))
    assert len(drawn.findall(".//polyline")) == 2
    assert len(drawn.findall(".//circle")) == 3
    assert float(drawn.findall(".//circle")[0].get("cy") or 0) == plot.TOP
    assert ElementTree.fromstring(plot.lines("比率", ["接通率"], [], 0.95)).findall("circle") == []
