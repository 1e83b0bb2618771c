"""The operators' queue under load, in fast time: rules, the real queue, and Erlang C.

Run ``python -m bench operators``. Callers come at random (exponential gaps and talks), as Erlang
C assumes; the same callers are played by the rules alone (:mod:`ivr.queue.day`) and lived through
by the real queue with its places and claims (:mod:`ivr.queue.rehearsal`). Then a working day of
the model city, hour by hour, with work after each call, people who hang up, and the time limit.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from adapters.state.model import Seat
from ivr.queue.day import (
    Caller,
    Served,
    answered_within,
    erlang_c,
    expected_wait_s,
    poisson,
    replay,
    seats_needed,
)
from ivr.queue.rehearsal import rehearse
from ivr.queue.settings import QueueSettings

RESULTS = Path(__file__).parent / "results" / "operators.md"
PLAIN = QueueSettings(wrap_up_s=0.0, limit_s=1e9)
TALK_S = 180.0
LOADS = ((60.0, 5), (110.0, 7), (150.0, 9))
HOURS = 400.0
# Callers who want a person, by hour of the day: 1,000 calls, a third of them to operators.
DAY = (3, 2, 2, 1, 1, 2, 5, 12, 26, 33, 31, 24, 15, 17, 26, 28, 26, 20, 14, 13, 12, 9, 6, 5)
QUICK_S = 15.0


def desks(count: int) -> list[Seat]:
    """Seats that can all do the same."""
    return [Seat(f"s{number:02}", "", "a") for number in range(count)]


def figures(done: Sequence[Served]) -> str:
    """Share that waited, mean wait, share answered within 15 s."""
    late = sum(one.waited > 0 for one in done) / len(done)
    quick = sum(one.waited <= QUICK_S for one in done) / len(done)
    return f"{late:.3f} | {mean(one.waited for one in done):.1f} | {quick:.3f}"


async def against_erlang() -> list[str]:
    """The table of loads, three rows each."""
    lines = ["| calls/h | seats | by | waited | mean wait s | within 15 s |", "|" + "---|" * 6]
    for per_hour, count in LOADS:
        callers = poisson(per_hour, TALK_S, HOURS, seed=count)
        offered = per_hour * TALK_S / 3600
        head = f"| {per_hour:.0f} | {count} |"
        lines += [
            f"{head} Erlang C | {erlang_c(offered, count):.3f} | "
            f"{expected_wait_s(offered, count, TALK_S):.1f} | "
            f"{answered_within(offered, count, TALK_S, QUICK_S):.3f} |",
            f"{head} rules | {figures(replay(callers, desks(count)))} |",
            f"{head} the queue | {figures(await rehearse(callers, desks(count), PLAIN))} |",
        ]
    return lines


def day_of_callers(days: int) -> list[Caller]:
    """``days`` working days one after the other, by :data:`DAY`."""
    callers: list[Caller] = []
    for day in range(days):
        for hour, per_hour in enumerate(DAY):
            start = (day * 24 + hour) * 3600
            seed = day * 24 + hour
            callers += [
                Caller(start + one.arrives, one.talk, one.patience)
                for one in poisson(per_hour, TALK_S, 1.0, seed, patience_s=240.0)
            ]
    return callers


async def working_days(days: int = 20) -> list[str]:
    """What becomes of the callers with the seats that Erlang C asks for, and with fewer."""
    settings = QueueSettings()
    needed = seats_needed(max(DAY), TALK_S + settings.wrap_up_s, QUICK_S, 0.95)
    callers = day_of_callers(days)
    lines = [
        "| seats | answered | within 15 s | mean wait s | hung up waiting | called back |",
        "|" + "---|" * 6,
    ]
    for count in (needed, needed - 1, needed - 2):
        done = await rehearse(callers, desks(count), settings)
        served = [one for one in done if one.seat]
        quick = sum(one.waited <= QUICK_S for one in served)
        late = [one for one in done if not one.seat]
        limit = sum(one.waited >= settings.limit_s for one in late)
        lines.append(
            f"| {count} | {len(served) / len(done):.3f} | {quick / len(done):.3f} | "
            f"{mean(one.waited for one in served):.1f} | "
            f"{(len(late) - limit) / len(done):.3f} | {limit / len(done):.3f} |"
        )
    return lines


async def measure() -> str:
    """The report."""
    settings = QueueSettings()
    return "\n".join(
        [
            "# The operators' queue in fast time",
            "",
            f"Random callers, talks of {TALK_S:.0f} s on average, {HOURS:.0f} hours each. No real "
            "calls: the figures say that the queue does what queueing theory expects of it.",
            "",
            *await against_erlang(),
            "",
            f"20 working days, {sum(DAY)} callers a day who want a person (most in an hour: "
            f"{max(DAY)}), {settings.wrap_up_s:.0f} s of work after each call, patience 240 s on "
            f"average, a call back promised after {settings.limit_s:.0f} s. The first row has the "
            "seats that Erlang C asks for in the busiest hour (95 % within 15 s).",
            "",
            *await working_days(),
            "",
        ]
    )


def main() -> int:
    """Measure, print, keep."""
    report = asyncio.run(measure())
    RESULTS.write_text(report, encoding="utf-8")
    sys.stdout.write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
