"""What operators and supervisors do with a call, and what becomes of it when somebody leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ivr import control, live
from ivr.talk.course import Course, Passing
from ivr.talk.orders import Orders, Refusal
from ivr.talk.parties import FIRST, Parties, PartiesFull, Ringing
from ivr.talk.party import Answered, Gone, Party, PartyChange, Paused, Refused, Role
from ivr.talk.targets import Targets


class Handling:
    """The people's part of one call, from the moment somebody has answered the caller.

    ``publish`` gets live events.
    """

    def __init__(
        self,
        call_id: str,
        parties: Parties,
        targets: Targets,
        publish: Callable[[live.LiveEvent], None],
        *,
        ringback: Path,
        ring_s: float,
    ) -> None:
        self._course = Course(call_id, parties, publish, ringback=ringback, ring_s=ring_s)
        self._parties = parties
        self._orders = Orders(self._course, targets)
        self.on = False

    def begin(self) -> None:
        """Somebody has answered the caller."""
        self._course.reset()
        self._course.ended = False
        self.on = True

    def ring(self, role: Role, target: str, uri: str, *, ring_s: float = 0.0) -> Ringing:
        """Ring whom the caller is to have. Raises :class:`ivr.talk.parties.PartiesFull`."""
        return self._course.ring(role, target, uri, ring_s=ring_s)

    def join(self, leg: int) -> None:
        """Let who has answered into the talk."""
        self._course.join(leg)

    def order(self, order: control.Order, seat: str = "", *, alone: bool = False) -> None:
        """Carry out an order; ``seat`` is where its user sits, if that is known.

        ``alone``: the talk is none of the hotline's business, and nobody may enter it.
        """
        try:
            if not self.on or alone:
                raise Refusal("no-talk")
            self._orders.carry_out(order, seat)
        except PartiesFull:
            self._refuse(order, "full")
        except Refusal as refusal:
            self._refuse(order, str(refusal))

    def _refuse(self, order: control.Order, reason: str) -> None:
        name = type(order).__name__
        self._course.publish(live.OrderRefused(self._course.call_id, order.by, name, reason))

    # --- what happens --------------------------------------------------------------------

    def changed(self, change: PartyChange) -> bool:
        """Somebody rung here has answered, refused or left. True when the last has left."""
        if not self.on:
            return False
        match change:
            case Answered(party=party):
                self._arrived(party)
            case Refused(party=party):
                self._failed(party)
            case Gone(party=party):
                self._left(party)
            case Paused(party=party, on=on):
                self._paused(party, on=on)
        course = self._course
        if self._parties.people or course.passing is not None:
            return False
        if course.added:
            # Somebody who was to be company is still being rung.
            course.pass_on(Passing(course.added.pop(), None))
            return False
        self._parties.hang_up_others()
        course.reset()
        self.on = False
        return True

    def publish(self, change: PartyChange) -> None:
        """Tell who was refused, and who has left."""
        party = change.party
        match change:
            case Refused(reason=reason):
                event: live.LiveEvent = live.PartyRefused(
                    self._course.call_id, party.role, party.target, reason
                )
            case Gone():
                by_themselves = not party.leaving or self._course.ended
                event = live.PartyLeft(
                    self._course.call_id, party.role, party.target, by_themselves
                )
            case _:
                return
        self._course.publish(event)

    def _arrived(self, party: Party) -> None:
        if party.mode == "talk":
            self._course.arrived(party.leg)
        self._course.silence()
        self._course.join(party.leg)

    def _failed(self, party: Party) -> None:
        if self._course.passing is not None and self._course.passing.leg == party.leg:
            self._recall(self._course.passing.back)
        elif party.leg in self._course.added:
            self._course.added.remove(party.leg)
            if self._course.consulting:
                self._course.together()

    def _left(self, party: Party) -> None:
        if party.leg in self._course.added:
            self._course.added.remove(party.leg)
            if self._course.consulting:
                self._course.together()
        elif party.role == "operator" and not party.leaving:
            self._abandoned(party)

    def _paused(self, party: Party, *, on: bool) -> None:
        """The only one the caller talks to has pressed the phone's own hold key."""
        if on and not self._course.consulting and self._parties.people == (party,):
            self._parties.hold(FIRST, True)
        elif not on and not self._course.consulting:
            self._parties.hold(FIRST, False)

    def _abandoned(self, operator: Party) -> None:
        """An operator has hung up: the others have the caller, or get them when they answer."""
        people = self._parties.people
        if people:
            self._course.added = [leg for leg in self._course.added if not self._is_up(leg)]
            self._course.together()
            self._course.has_caller(people[0])
        elif self._course.added:
            leg = self._course.added.pop()
            self._course.together()
            self._course.pass_on(Passing(leg, operator))

    def _recall(self, back: Party | None) -> None:
        """Who was to have the caller does not answer: back to who passed them on."""
        self._course.passing = None
        if back is None:
            return
        try:
            ringing = self._course.ring(back.role, back.target, back.uri)
        except PartiesFull:
            return
        self._course.pass_on(Passing(ringing.leg, None))

    def _is_up(self, leg: int) -> bool:
        party = self._parties.on(leg)
        return party is not None and party.up
