"""How a talk between people stands: who was added, who is being consulted, who is passed on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ivr import live
from ivr.talk.parties import FIRST, Parties, Ringing
from ivr.talk.party import Mode, Party, Role


class Passing(msgspec.Struct, frozen=True):
    """The caller is with nobody while ``leg`` is being rung; ``back`` is who passed them on."""

    leg: int
    back: Party | None


class Course:
    """The parties of one call and what their talk has come to.

    ``added`` are the legs consulted or taken in, in their order; ``consulting``: the caller is on
    hold meanwhile. Two never go together: ``passing`` and somebody who talks to the caller.
    ``ended``: an operator has ended the talk; whoever still leaves it goes with that.
    """

    def __init__(
        self,
        call_id: str,
        parties: Parties,
        publish: Callable[[live.LiveEvent], None],
        *,
        ringback: Path,
        ring_s: float,
    ) -> None:
        self.call_id = call_id
        self.parties = parties
        self.publish = publish
        self.ringback = ringback
        self._ring_s = ring_s
        self.added: list[int] = []
        self.consulting = False
        self.passing: Passing | None = None
        self.ended = False

    def ring(
        self, role: Role, target: str, uri: str, mode: Mode = "talk", ring_s: float = 0.0
    ) -> Ringing:
        """Ring somebody into the call. Raises :class:`ivr.talk.parties.PartiesFull`."""
        ringing = self.parties.ring(
            role,
            uri,
            target,
            timeout_s=ring_s or self._ring_s,
            headers={"X-Hotline-Call": self.call_id},
            mode=mode,
        )
        self.publish(live.PartyRinging(self.call_id, role, target))
        return ringing

    def join(self, leg: int) -> None:
        """Let who has answered into the talk."""
        self.parties.join(leg)
        party = self.parties.on(leg)
        if party is not None and party.joined:
            self.publish(live.PartyJoined(self.call_id, party.role, party.target, party.mode))
            if self.parties.people == (party,):
                self.has_caller(party)

    def has_caller(self, party: Party) -> None:
        """Tell who has the caller now."""
        self.publish(live.Bridged(self.call_id, party.target))

    def together(self) -> None:
        """Nobody is on hold any more, and the operator hears no ringing tone."""
        self.consulting = False
        self.parties.hold(FIRST, False)
        self.silence()

    def pass_on(self, passing: Passing) -> None:
        """The caller hears it ring until somebody has answered."""
        self.passing = passing
        self.parties.hold(FIRST, False)
        self.parties.sounds.play(FIRST, self.ringback)

    def arrived(self, leg: int) -> None:
        """Whoever was being rung for the caller has answered."""
        if self.passing is not None:
            if self.passing.leg != leg:
                # Another was quicker: the one being rung is company, then.
                self.added.append(self.passing.leg)
            self.passing = None
            self.parties.sounds.play(FIRST, None)

    def silence(self) -> None:
        """Nobody who talks hears a ringing tone any more."""
        for party in self.parties.people:
            self.parties.sounds.play(party.leg, None)

    def end(self) -> None:
        """Hang up on everybody but the caller, who is the machine's again for the goodbye."""
        self.silence()
        self.reset()
        self.ended = True
        self.parties.hang_up_others()

    def reset(self) -> None:
        """Nobody is added, consulted or passed on."""
        self.added.clear()
        self.consulting = False
        self.passing = None
        self.parties.hold(FIRST, False)
        self.parties.sounds.play(FIRST, None)
