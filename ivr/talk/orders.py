"""The orders of :mod:`ivr.control`, carried out on a talk.

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

from ivr import control
from ivr.talk.course import Course, Passing
from ivr.talk.parties import FIRST, Ringing
from ivr.talk.party import Mode, Party
from ivr.talk.targets import Target, Targets

MODES: dict[control.Listening, Mode] = {"listen": "listen", "whisper": "whisper", "join": "talk"}


class Refusal(Exception):
    """An order cannot be carried out; the message is the reason."""


class Orders:
    """Carries orders out on the ``course`` of a talk."""

    def __init__(self, course: Course, targets: Targets) -> None:
        self._course = course
        self._parties = course.parties
        self._targets = targets

    def carry_out(self, order: control.Order, seat: str) -> None:
        """Carry out ``order``, given at ``seat`` ("": not known where).

        Raises :class:`Refusal`, or :class:`ivr.talk.parties.PartiesFull`.
        """
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
                self._course.end()

    def _hold(self, on: bool) -> None:
        if self._course.consulting:
            raise Refusal("consulting")
        if not self._parties.people:
            raise Refusal("no-operator")
        self._parties.hold(FIRST, on)

    def _blind(self, operator: Party, target: str) -> None:
        if self._course.added:
            raise Refusal("consulting")
        if len(self._parties.people) > 1:
            raise Refusal("others-present")
        ringing = self._ring_target(target)
        self._course.pass_on(Passing(ringing.leg, operator))
        self._parties.hang_up(operator.leg)

    def _consult(self, operator: Party, target: str) -> None:
        if self._course.added:
            raise Refusal("consulting")
        ringing = self._ring_target(target)
        self._course.added.append(ringing.leg)
        self._course.consulting = True
        self._parties.hold(FIRST, True)
        self._parties.sounds.play(operator.leg, self._course.ringback)

    def _complete(self, operator: Party) -> None:
        consulted = self._latest(joined=True)
        if operator.leg == consulted.leg:
            # The one consulted says that they take it.
            operator = self._operator("")
        self._course.added.clear()
        self._parties.hang_up(operator.leg)
        self._course.together()
        self._course.has_caller(consulted)

    def _confer(self, target: str) -> None:
        if not target:
            self._latest(joined=False)
            self._course.together()
            return
        if self._course.consulting:
            raise Refusal("consulting")
        self._course.added.append(self._ring_target(target).leg)

    def _retrieve(self) -> None:
        self._parties.hang_up(self._latest(joined=False).leg)
        self._course.added.pop()
        self._course.together()

    def _supervise(self, seat: str, mode: Mode) -> None:
        party = self._parties.find(f"seat:{seat}")
        if mode == "whisper" and self._parties.serving is None:
            raise Refusal("no-operator")
        back = self._course.passing.back if self._course.passing is not None else None
        if back is not None and back.seat == seat:
            # Who passed the caller on may be rung again for them.
            raise Refusal("already-here")
        if party is None:
            found = self._known(f"seat:{seat}")
            self._course.ring("supervisor", found.target, found.uri, mode)
        elif party.role != "supervisor":
            raise Refusal("already-here")
        elif mode != "talk" and self._parties.people == (party,):
            # The caller would be left with somebody who only listens.
            raise Refusal("no-operator")
        else:
            self._parties.mode(party.leg, mode)
            if mode == "talk" and party.joined:
                self._course.arrived(party.leg)

    # --- who is meant -------------------------------------------------------------------

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
        party = self._parties.on(self._course.added[-1]) if self._course.added else None
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
        return self._course.ring("operator" if found.kind == "seat" else "guest", target, found.uri)
