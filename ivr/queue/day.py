"""A day of callers at a number of seats, in fast time, by the rules of the real queue."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from adapters.state.model import Reason, Seat, Waiting
from ivr.queue.policy import assign


class Caller(msgspec.Struct, frozen=True):
    """Somebody who will ask for a person: when, how long the talk lasts, how long they wait.

    All in seconds. ``patience`` is when they hang up if nobody has answered (infinite: never).
    """

    arrives: float
    talk: float
    patience: float = float("inf")
    reason: Reason = "other"
    skills: tuple[str, ...] = ()


class Served(msgspec.Struct, frozen=True):
    """What became of a caller: how long they waited, and at which seat ("" if they gave up)."""

    caller: Caller
    waited: float
    seat: str


_Kind = Literal["arrive", "free", "give-up"]


def replay(callers: Iterable[Caller], seats: Sequence[Seat]) -> list[Served]:
    """What becomes of ``callers`` at ``seats``, in the order in which they left the queue."""
    order = 0
    events: list[tuple[float, int, _Kind, str]] = []
    known: dict[str, Caller] = {}
    for number, caller in enumerate(callers):
        known[f"c{number:06}"] = caller
        heapq.heappush(events, (caller.arrives, number, "arrive", f"c{number:06}"))
        order = number + 1
    waiting: dict[str, Waiting] = {}
    idle_since = {seat.seat: seat.idle_since for seat in seats}
    busy: dict[str, str] = {}
    done: list[Served] = []
    while events:
        now, _, kind, name = heapq.heappop(events)
        if kind == "arrive":
            caller = known[name]
            waiting[name] = Waiting(name, "a", now, caller.reason, caller.skills)
            if caller.patience != float("inf"):
                heapq.heappush(events, (now + caller.patience, order, "give-up", name))
                order += 1
        elif kind == "free":
            idle_since[name] = now
            del busy[name]
        elif name in waiting:
            del waiting[name]
            done.append(Served(known[name], now - known[name].arrives, ""))
        current = [
            msgspec.structs.replace(seat, idle_since=idle_since[seat.seat]) for seat in seats
        ]
        for call, seat in assign(waiting.values(), current, busy).items():
            caller = known[call]
            del waiting[call]
            busy[seat] = call
            done.append(Served(caller, now - caller.arrives, seat))
            heapq.heappush(events, (now + caller.talk, order, "free", seat))
            order += 1
    return done


def poisson(
    per_hour: float, talk_s: float, hours: float, seed: int, patience_s: float = float("inf")
) -> list[Caller]:
    """Callers at random: exponential gaps, talks and patience (Erlang's assumptions)."""
    chance = random.Random(seed)
    callers: list[Caller] = []
    at = 0.0
    while True:
        at += chance.expovariate(per_hour / 3600)
        if at >= hours * 3600:
            return callers
        patience = (
            float("inf") if patience_s == float("inf") else chance.expovariate(1 / patience_s)
        )
        callers.append(Caller(at, chance.expovariate(1 / talk_s), patience))


def erlang_c(offered: float, seats: int) -> float:
    """The chance that a caller has to wait, for ``offered`` erlangs at ``seats`` seats.

    A. K. Erlang (1917), by way of the Erlang B recursion, which does not overflow. 1 where the
    seats are too few for the load.
    """
    if offered >= seats:
        return 1.0
    blocked = 1.0
    for number in range(1, seats + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return blocked / (1 - offered / seats * (1 - blocked))


def expected_wait_s(offered: float, seats: int, talk_s: float) -> float:
    """The mean wait of all callers that Erlang C expects."""
    if offered >= seats:
        return float("inf")
    return erlang_c(offered, seats) * talk_s / (seats - offered)


def answered_within(offered: float, seats: int, talk_s: float, limit_s: float) -> float:
    """The share of callers that Erlang C expects to be answered within ``limit_s``."""
    if offered >= seats:
        return 0.0
    return 1 - erlang_c(offered, seats) * math.exp(-(seats - offered) * limit_s / talk_s)


def seats_needed(per_hour: float, talk_s: float, limit_s: float, share: float) -> int:
    """The fewest seats at which ``share`` of the callers is answered within ``limit_s``."""
    offered = per_hour * talk_s / 3600
    seats = max(1, int(offered) + 1)
    while answered_within(offered, seats, talk_s, limit_s) < share:
        seats += 1
    return seats
