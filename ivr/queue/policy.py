"""Who is next, and at which seat. Pure: every node comes to the same answer by itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from adapters.state.model import Reason, Seat, Waiting

# Emergencies, then who returns from a dropped call, then enterprises, then the rest.
CLASSES: tuple[Reason, ...] = ("emergency", "dropped", "enterprise", "other")


def in_order(waiting: Collection[Waiting]) -> list[Waiting]:
    """The queue from its front: by class, and within a class by when they joined."""
    return sorted(
        waiting, key=lambda entry: (CLASSES.index(entry.reason), entry.since, entry.call_id)
    )


def suits(entry: Waiting, seat: Seat) -> bool:
    """Whether ``seat`` can serve the caller: all skills needed, and not refused before."""
    return set(entry.skills) <= set(seat.skills) and seat.seat not in entry.refused


def assign(
    waiting: Collection[Waiting], seats: Collection[Seat], claims: Mapping[str, str]
) -> dict[str, str]:
    """The seat for each caller who can be served now, as call id to seat.

    Callers choose in the order of the queue; each gets the seat that has been idle longest of
    those that suit, an emergency first one with that skill. ``claims`` are seats already
    reserved, each with its call.
    """
    free = [seat for seat in seats if seat.status == "ready" and seat.seat not in claims]
    served = set(claims.values())
    found: dict[str, str] = {}
    for entry in in_order(waiting):
        if entry.call_id in served:
            continue
        fitting = [seat for seat in free if suits(entry, seat)]
        if fitting:
            chosen = min(fitting, key=lambda seat: _rank(entry, seat))
            free.remove(chosen)
            found[entry.call_id] = chosen.seat
    return found


def _rank(entry: Waiting, seat: Seat) -> tuple[bool, float, str]:
    """Longest idle first; but an emergency goes to who is trained for it, if one is idle."""
    second = entry.reason == "emergency" and "emergency" not in seat.skills
    return second, seat.idle_since, seat.seat


def place(call_id: str, waiting: Collection[Waiting]) -> int:
    """How many are served before this caller and this one: 1 is next; 0 if not in the queue."""
    for number, entry in enumerate(in_order(waiting), start=1):
        if entry.call_id == call_id:
            return number
    return 0


def expected_wait_s(
    entry: Waiting,
    waiting: Collection[Waiting],
    seats: Collection[Seat],
    claims: Mapping[str, str],
    handling_s: float,
) -> float | None:
    """How long ``entry`` will probably wait, in seconds; None if no seat here could take it.

    ``handling_s`` is how long a seat is busy with one caller on average, with the work after
    it. Counted are those ahead who need a seat that would suit this caller, over the seats that
    work; who is ahead at an idle seat waits for nothing.
    """
    working = [seat for seat in seats if seat.status == "ready" and suits(entry, seat)]
    if not working:
        return None
    ahead = 0
    for other in in_order(waiting):
        if other.call_id == entry.call_id:
            break
        ahead += any(suits(other, seat) for seat in working)
    idle = sum(seat.seat not in claims for seat in working)
    to_finish = max(0, ahead + 1 - idle)
    return to_finish * handling_s / len(working)
