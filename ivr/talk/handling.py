"""What operators and supervisors do with a call: the orders of :mod:`ivr.control` on the parties.

An order that makes no sense now is refused, with one of these reasons:

- "no-talk": caller and operator are not talking
- "unknown-target": not in the lists of what may be dialled
- "already-here": the target is in the call, or being rung
- "full": three people are in the call beside the caller
- "consulting": somebody is being consulted; complete, confer or retrieve first
- "others-present": there are more than two in the talk
- "nobody-consulted", "still-ringing": there is nobody (yet) to complete with, or to retrieve
- "no-operator": nobody serves the call whom this could concern
- "not-here": no such supervisor
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ivr import control, live
from ivr.talk.parties import FIRST, Parties, PartiesFull, Ringing
from ivr.talk.party import Answered, Gone, Mode, Party, PartyChange, Paused, Refused, Role
from ivr.talk.targets import Target, Targets

MODES: dict[control.Listening, Mode] = {"listen": "listen", "whisper": "whisper", "join": "talk"}


class Refusal(Exception):
    """An order cannot be carried out; the message is the reason."""


class Passing(msgspec.Struct, frozen=True):
    """The caller is with nobody while ``leg`` is being rung; ``back`` is who passed them on."""

    leg: int
    back: Party | None


class Handling:
    """The people's part of one call, from the moment somebody has answered the caller.

    ``publish`` gets live events; ``hang_up`` ends the call.
    """

    def __init__(
        self,
        call_id: str,
        parties: Parties,
        targets: Targets,
        publish: Callable[[live.LiveEvent], None],
        hang_up: Callable[[], None],
        *,
        ringback: Path,
        ring_s: float,
    ) -> None:
        self._call_id = call_id
        self._parties = parties
        self._targets = targets
        self._publish = publish
        self._hang_up = hang_up
        self._ringback = ringback
        self._ring_s = ring_s
        self._added: list[int] = []
        self._consulting = False
        self._passing: Passing | None = None
        self.on = False

    def begin(self) -> None:
        """Somebody has answered the caller."""
        self._reset()
        self.on = True

    def ring(
        self, role: Role, target: str, uri: str, mode: Mode = "talk", ring_s: float = 0.0
    ) -> Ringing:
        """Ring somebody into the call. Raises :class:`ivr.talk.parties.PartiesFull`."""
        ringing = self._parties.ring(
            role,
            uri,
            target,
            timeout_s=ring_s or self._ring_s,
            headers={"X-Hotline-Call": self._call_id},
            mode=mode,
        )
        self._publish(live.PartyRinging(self._call_id, role, target))
        return ringing

    def join(self, leg: int) -> None:
        """Let who has answered into the talk."""
        self._parties.join(leg)
        party = self._parties.on(leg)
        if party is not None and party.joined:
            self._publish(live.PartyJoined(self._call_id, party.role, party.target, party.mode))
            if self._parties.people == (party,):
                self._has_caller(party)

    # --- orders --------------------------------------------------------------------------

    def order(self, order: control.Order, seat: str = "", *, alone: bool = False) -> None:
        """Carry out an order; ``seat`` is where its user sits, if that is known.

        ``alone``: the talk is none of the hotline's business, and nobody may enter it.
        """
        try:
            if not self.on or alone:
                raise Refusal("no-talk")
            self._carry_out(order, seat)
        except PartiesFull:
            self._refuse(order, "full")
        except Refusal as refusal:
            self._refuse(order, str(refusal))

    def _refuse(self, order: control.Order, reason: str) -> None:
        name = type(order).__name__
        self._publish(live.OrderRefused(self._call_id, order.by, name, reason))

    def _carry_out(self, order: control.Order, seat: str) -> None:
        match order:
            case control.Hold(on=on):
                self._hold(on)
            case control.Mute(on=on):
                self._parties.mute(self._operator(seat).leg, on)
            case control.Blind(target=target):
                self._blind(self._operator(seat), target)
            case control.Consult(target=target):
                self._consult(self._operator(seat), target)
            case control.Complete():
                self._complete(self._operator(seat))
            case control.Conference(target=target):
                self._operator(seat)
                self._confer(target)
            case control.Retrieve():
                self._retrieve()
            case control.Supervise(seat=number, mode=mode):
                self._supervise(number, MODES[mode])
            case control.Leave(seat=number):
                self._parties.hang_up(self._supervisor(number).leg)
            case control.End():
                self._hang_up()

    def _hold(self, on: bool) -> None:
        if self._consulting:
            raise Refusal("consulting")
        if not self._parties.people:
            raise Refusal("no-operator")
        self._parties.hold(FIRST, on)

    def _blind(self, operator: Party, target: str) -> None:
        if self._added:
            raise Refusal("consulting")
        if len(self._parties.people) > 1:
            raise Refusal("others-present")
        ringing = self._ring_target(target)
        self._pass_on(Passing(ringing.leg, operator))
        self._parties.hang_up(operator.leg)

    def _consult(self, operator: Party, target: str) -> None:
        if self._added:
            raise Refusal("consulting")
        ringing = self._ring_target(target)
        self._added.append(ringing.leg)
        self._consulting = True
        self._parties.hold(FIRST, True)
        self._parties.sounds.play(operator.leg, self._ringback)

    def _complete(self, operator: Party) -> None:
        consulted = self._latest(joined=True)
        self._added.clear()
        self._parties.hang_up(operator.leg)
        self._together()
        self._has_caller(consulted)

    def _confer(self, target: str) -> None:
        if not target:
            self._latest(joined=False)
            self._together()
            return
        if self._consulting:
            raise Refusal("consulting")
        self._added.append(self._ring_target(target).leg)

    def _retrieve(self) -> None:
        self._parties.hang_up(self._latest(joined=False).leg)
        self._added.pop()
        self._together()

    def _supervise(self, seat: str, mode: Mode) -> None:
        party = self._parties.find(f"seat:{seat}")
        if mode == "whisper" and self._parties.serving is None:
            raise Refusal("no-operator")
        back = self._passing.back if self._passing is not None else None
        if back is not None and back.seat == seat:
            # Who passed the caller on may be rung again for them.
            raise Refusal("already-here")
        if party is None:
            found = self._known(f"seat:{seat}")
            self.ring("supervisor", found.target, found.uri, mode)
        elif party.role != "supervisor":
            raise Refusal("already-here")
        elif mode != "talk" and self._parties.people == (party,):
            # The caller would be left with somebody who only listens.
            raise Refusal("no-operator")
        else:
            self._parties.mode(party.leg, mode)
            if mode == "talk" and party.joined:
                self._caller_has_somebody()

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
        if self._parties.people or self._passing is not None:
            return False
        if self._added:
            # Somebody who was to be company is still being rung.
            self._pass_on(Passing(self._added.pop(), None))
            return False
        self._parties.hang_up_others()
        self._parties.hold(FIRST, False)
        self._parties.sounds.play(FIRST, None)
        self._reset()
        return True

    def publish(self, change: PartyChange) -> None:
        """Tell who was refused, and who has left."""
        party = change.party
        match change:
            case Refused(reason=reason):
                event: live.LiveEvent = live.PartyRefused(
                    self._call_id, party.role, party.target, reason
                )
            case Gone():
                event = live.PartyLeft(self._call_id, party.role, party.target, not party.leaving)
            case _:
                return
        self._publish(event)

    def _arrived(self, party: Party) -> None:
        if self._passing is not None and self._passing.leg == party.leg:
            self._passing = None
            self._parties.sounds.play(FIRST, None)
        elif party.mode == "talk":
            self._caller_has_somebody()
        self._silence_operators()
        self.join(party.leg)

    def _caller_has_somebody(self) -> None:
        """Another than the one being rung for the caller was quicker: it is company, then."""
        if self._passing is not None:
            self._added.append(self._passing.leg)
            self._passing = None
            self._parties.sounds.play(FIRST, None)

    def _failed(self, party: Party) -> None:
        if self._passing is not None and self._passing.leg == party.leg:
            self._recall(self._passing.back)
        elif party.leg in self._added:
            self._added.remove(party.leg)
            if self._consulting:
                self._together()

    def _left(self, party: Party) -> None:
        if party.leg in self._added:
            self._added.remove(party.leg)
            if self._consulting:
                self._together()
        elif party.role == "operator" and not party.leaving:
            self._abandoned(party)

    def _paused(self, party: Party, *, on: bool) -> None:
        """The only one the caller talks to has pressed the phone's own hold key."""
        if on and not self._consulting and self._parties.people == (party,):
            self._parties.hold(FIRST, True)
        elif not on and not self._consulting:
            self._parties.hold(FIRST, False)

    def _abandoned(self, operator: Party) -> None:
        """An operator has hung up: the others have the caller, or get them when they answer."""
        people = self._parties.people
        if people:
            self._added = [leg for leg in self._added if not self._is_up(leg)]
            self._together()
            self._has_caller(people[0])
        elif self._added:
            leg = self._added.pop()
            self._together()
            self._pass_on(Passing(leg, operator))

    def _recall(self, back: Party | None) -> None:
        """Who was to have the caller does not answer: back to who passed them on."""
        self._passing = None
        if back is None:
            return
        try:
            ringing = self.ring(back.role, back.target, back.uri)
        except PartiesFull:
            return
        self._pass_on(Passing(ringing.leg, None))

    # --- small things --------------------------------------------------------------------

    def _reset(self) -> None:
        self._added.clear()
        self._consulting = False
        self._passing = None
        self.on = False

    def _together(self) -> None:
        """Nobody is on hold any more, and the operator hears no ringing tone."""
        self._consulting = False
        self._parties.hold(FIRST, False)
        self._silence_operators()

    def _has_caller(self, party: Party) -> None:
        self._publish(live.Bridged(self._call_id, party.target))

    def _pass_on(self, passing: Passing) -> None:
        self._passing = passing
        self._parties.hold(FIRST, False)
        self._parties.sounds.play(FIRST, self._ringback)

    def _silence_operators(self) -> None:
        for party in self._parties.people:
            self._parties.sounds.play(party.leg, None)

    def _is_up(self, leg: int) -> bool:
        party = self._parties.on(leg)
        return party is not None and party.up

    def _operator(self, seat: str) -> Party:
        """The operator who gives an order: at ``seat``, or whoever serves the call."""
        party = self._parties.find(f"seat:{seat}") if seat else None
        if party is None or party.role != "operator" or not party.joined:
            party = self._parties.serving
        if party is None:
            raise Refusal("no-operator")
        return party

    def _latest(self, *, joined: bool) -> Party:
        """Whoever was consulted or added last."""
        party = self._parties.on(self._added[-1]) if self._added else None
        if party is None:
            raise Refusal("nobody-consulted")
        if joined and not party.joined:
            raise Refusal("still-ringing")
        return party

    def _supervisor(self, seat: str) -> Party:
        party = self._parties.find(f"seat:{seat}")
        if party is None or party.role != "supervisor":
            raise Refusal("not-here")
        return party

    def _known(self, target: str) -> Target:
        found = self._targets.find(target)
        if found is None:
            raise Refusal("unknown-target")
        if self._parties.find(target) is not None:
            raise Refusal("already-here")
        return found

    def _ring_target(self, target: str) -> Ringing:
        found = self._known(target)
        return self.ring("operator" if found.kind == "seat" else "guest", target, found.uri)
