"""What live events come to in the statistics."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from adapters.memory_statistics import MemoryStatistics
from adapters.ports import StoreError
from adapters.statistics import CallFact, SeatTally, SeatTurn, Tally
from flows.ticket import TicketDraft
from ivr import live
from ivr.statistics import Recorder, Sheet
from tests.until import until

NINE = datetime(2026, 11, 23, 9, 0).astimezone()
TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
TICKET = live.TicketMade("c", "BH1", TicketDraft("求助"))


def told(*events: tuple[float, live.LiveEvent], outgoing: bool = False) -> CallFact:
    """The sheet after ``events``, each with its second."""
    sheet = Sheet("c", "a", NINE, outgoing)
    now = NINE
    for second, event in events:
        now = NINE + timedelta(seconds=second)
        sheet.take(event, now)
    return sheet.fact(now)


def over(outcome: str = "", by: str = "caller") -> live.CallOver:
    return live.CallOver("c", outcome, "", by)


BEGAN = (1.0, live.CallBegan("c", "139", "12345"))
QUEUED = (10.0, live.Queued("c"))


@pytest.mark.parametrize(
    ("events", "result"),
    [
        ([], ""),
        ([BEGAN], ""),
        ([(3, over())], "unanswered"),
        ([BEGAN, (9, over("interrupted"))], "interrupted"),
        ([BEGAN, (9, over(by="fault"))], "interrupted"),
        ([BEGAN, (9, over())], "gave-up"),
        ([BEGAN, (8, TICKET), (9, over())], "machine"),
        ([BEGAN, (9, over(by="hotline"))], "machine"),
        ([BEGAN, QUEUED, (30, over())], "abandoned"),
        ([BEGAN, QUEUED, (30, TICKET), (30, over())], "abandoned"),
        ([BEGAN, QUEUED, (30, live.LeftQueue("c", "timed-out")), (40, over())], "call-back"),
        ([BEGAN, QUEUED, (30, TICKET), (40, over(by="hotline"))], "call-back"),
        ([BEGAN, QUEUED, (30, live.LeftQueue("c", "machine")), (31, TICKET), (40, over())],
         "machine"),
        ([BEGAN, QUEUED, (30, live.Bridged("c", "seat:801")), (40, over())], "person"),
        ([BEGAN, (5, live.Ringing("c", "119", True)), (7, live.Bridged("c", "119")),
          (40, over())], "transferred"),
    ],
)  # fmt: skip
def test_how_a_call_ended(events: list[tuple[float, live.LiveEvent]], result: str) -> None:
    assert told(*events).result == result


def test_times_of_a_call_that_reaches_a_person() -> None:
    fact = told(
        BEGAN,
        QUEUED,
        (12, live.Ringing("c", "seat:801", True)),
        (32, live.Ringing("c", "seat:802", True)),
        (35, live.LeftQueue("c", "answered")),
        (36, live.Bridged("c", "seat:802")),
        (96, over("transferred")),
    )
    assert (fact.answer_s, fact.asked, fact.wait_s, fact.reach_s) == (1.0, True, 25.0, 26.0)
    assert (fact.seat, fact.talk_s, fact.length_s) == ("802", 60.0, 96.0)


def test_people_come_and_go() -> None:
    """A warm transfer with a supervisor listening: two turns overlap, the wait is one."""
    sheet = Sheet("c", "a", NINE)
    events: list[tuple[float, live.LiveEvent]] = [
        BEGAN,
        QUEUED,
        (11, live.PartyRinging("c", "operator", "seat:803")),
        (14, live.PartyRefused("c", "operator", "seat:803", "busy")),
        (15, live.Ringing("c", "seat:801", True)),
        (15, live.PartyRinging("c", "operator", "seat:801")),
        (20, live.PartyJoined("c", "operator", "seat:801", "talk")),
        (20, live.Bridged("c", "seat:801")),
        (30, live.PartyRinging("c", "supervisor", "seat:809")),
        (31, live.PartyJoined("c", "supervisor", "seat:809", "listen")),
        (40, live.PartyRinging("c", "operator", "seat:802")),
        (45, live.PartyJoined("c", "operator", "seat:802", "talk")),
        (50, live.PartyLeft("c", "operator", "seat:801", True)),
        (55, live.PartyLeft("c", "supervisor", "seat:809", True)),
        (80, over("transferred")),
    ]
    for second, event in events:
        sheet.take(event, NINE + timedelta(seconds=second))
    turns = [turn.kept("c", n) for n, turn in enumerate(sheet.turns)]
    assert [(turn.seat, turn.ring_s, turn.talk_s) for turn in turns] == [
        ("803", 3.0, None), ("801", 5.0, 30.0), ("802", 5.0, 35.0),
    ]  # fmt: skip
    fact = sheet.fact(NINE)
    assert (fact.wait_s, fact.reach_s, fact.seat, fact.talk_s) == (10.0, 10.0, "801", 65.0)
    assert fact.result == "person"


def test_a_guest_alone_is_no_person_of_ours() -> None:
    fact = told(BEGAN, (5, live.PartyJoined("c", "guest", "120", "talk")), (40, over()))
    assert (fact.result, fact.reach_s) == ("transferred", None)


def test_without_a_queue_the_wait_begins_with_the_ring() -> None:
    fact = told(
        BEGAN, (5, live.Ringing("c", "operator", True)), (9, live.Bridged("c", "operator")),
        (20, over()),
    )  # fmt: skip
    assert (fact.wait_s, fact.reach_s, fact.seat, fact.talk_s) == (4.0, 4.0, "operator", 11.0)


def test_a_wait_that_never_ended_counts_until_the_end() -> None:
    fact = told(BEGAN, QUEUED, (30, over()))
    assert (fact.wait_s, fact.reach_s) == (20.0, None)


class Flaky(MemoryStatistics):
    """A database that fails at first."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    async def put_fact(self, fact: CallFact) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("gone")
        await super().put_fact(fact)


async def counted(store: MemoryStatistics) -> Tally:
    days = await store.by_day(TODAY, TOMORROW)
    return days[0] if days else Tally()


async def counts(store: MemoryStatistics, **wanted: int) -> None:
    """Wait until these are counted."""

    async def reached() -> bool:
        tally = await counted(store)
        return all(getattr(tally, name) == value for name, value in wanted.items())

    await until(reached, what=str(wanted))


@pytest.mark.parametrize("failures", [0, 3])
async def test_events_become_counts_also_through_a_failing_database(failures: int) -> None:
    store, bus = Flaky(failures), live.LiveBus()
    await MemoryStatistics.put_fact(store, CallFact("old", "a", NINE, answer_s=0.0))
    recorder = Recorder(bus, store, "a", now=lambda: NINE, gather_s=0.01, again_s=0.01)
    async with recorder:
        # What a run before this one left open is not going on.
        assert (await counted(store)).interrupted == 1
        bus.publish(live.CallArrived("c"))
        bus.publish(live.CallBegan("c", "139", "12345"))
        await counts(store, calls=2, answered=2, going_on=1)
        bus.publish(live.Ringing("c", "seat:801", True))
        bus.publish(live.Bridged("c", "seat:801"))
        bus.publish(live.CallArrived("back", outgoing=True))
        bus.publish(live.CallOver("back", "refused", "", "caller"))
        bus.publish(over("transferred"))
        bus.publish(live.LeftQueue("nobody", "hung-up"))
        await counts(store, calls=2, person=1, going_on=0)
        recorder.turned_away()
        recorder.turned_away()
        await counts(store, calls=4, refused=2)
    assert list(await store.by_seat(TODAY, TOMORROW)) == [SeatTally("801", 1, 1, 0.0, 0.0)]


async def test_what_is_known_at_the_end_is_written() -> None:
    store, bus = MemoryStatistics(), live.LiveBus()
    async with Recorder(bus, store, "a", now=lambda: NINE, gather_s=3600):
        bus.publish(live.CallBegan("c", "139", "12345"))
    assert (await counted(store)).going_on == 1


def test_a_turn_that_nobody_took() -> None:
    sheet = Sheet("c", "a", NINE)
    sheet.take(live.Ringing("c", "seat:801", True), NINE)
    sheet.take(over(), NINE + timedelta(seconds=4))
    assert [turn.kept("c", n) for n, turn in enumerate(sheet.turns)] == [
        SeatTurn("c", 0, "801", NINE, 4.0, None)
    ]
