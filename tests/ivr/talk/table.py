"""A call's people without telephones: what the worker was told, and what it would tell."""

from __future__ import annotations

from pathlib import Path

from ivr import control, live
from ivr.sip import messages as sip
from ivr.talk.handling import Handling
from ivr.talk.parties import Parties
from ivr.talk.targets import Targets

MUSIC, RINGBACK = Path("/music.wav"), Path("/ringback.wav")
ADDRESSES = {"119": "sip:119@gw", "120": "sip:120@gw"}


class Table:
    """Caller and operator at seat 801, who have just begun to talk; unless not ``talking``."""

    def __init__(self, *, talking: bool = True) -> None:
        self.sent: list[sip.ToWorker] = []
        self.events: list[live.LiveEvent] = []
        self.over = False
        self.parties = Parties(self.sent.append, music=MUSIC)
        self.handling = Handling(
            "call-1",
            self.parties,
            Targets(ADDRESSES, seat_uri=lambda seat: f"sip:{seat}@registrar"),
            self.events.append,
            ringback=RINGBACK,
            ring_s=20.0,
        )
        if talking:
            ringing = self.handling.ring("operator", "seat:801", "sip:801@registrar")
            self.parties.leg_changed(sip.LegChanged(ringing.leg, "up", 200))
            self.handling.begin()
            self.handling.join(ringing.leg)

    # --- the worker -----------------------------------------------------------------------

    @property
    def wired(self) -> set[tuple[int, int]]:
        """(source, sink) by leg, as the worker has been told; what ends, ends with its leg."""
        on: set[tuple[int, int]] = set()
        for message in self.sent:
            if isinstance(message, sip.Wire):
                (on.add if message.on else on.discard)((message.source, message.sink))
            elif isinstance(message, sip.Dial | sip.HangUpLeg):
                on = {wire for wire in on if message.leg not in wire}
        legs = {party.leg for party in self.parties.all}
        return {(a, b) for a, b in on if {a, b} <= legs}

    @property
    def hears(self) -> set[tuple[str, str]]:
        """(source, sink) by target ("" is the caller)."""
        legs = {party.leg: party.target for party in self.parties.all}
        return {(legs[a], legs[b]) for a, b in self.wired}

    @property
    def playing(self) -> dict[int, str]:
        """What each leg hears of the hotline's own sounds."""
        on: dict[int, str] = {}
        for message in self.sent:
            if isinstance(message, sip.Play):
                on[message.leg] = Path(message.files[0]).stem
            elif isinstance(message, sip.StopPlay | sip.Dial):
                on.pop(message.leg, None)
        return {party.leg: on[party.leg] for party in self.parties.all if party.leg in on}

    @property
    def sounds(self) -> dict[str, str]:
        """The same by target."""
        playing = self.playing
        return {p.target: playing[p.leg] for p in self.parties.all if p.leg in playing}

    @property
    def dialled(self) -> list[str]:
        """All addresses rung so far."""
        return [message.uri for message in self.sent if isinstance(message, sip.Dial)]

    @property
    def let_go(self) -> set[str]:
        """Who has been hung up on and has not gone yet."""
        return {party.target for party in self.parties.all if party.leaving}

    def leg(self, target: str) -> int:
        """The leg of the party with this target."""
        return next(party.leg for party in self.parties.all if party.target == target)

    def tell(self, target: str, state: sip.LegState, code: int = 0, reason: str = "") -> None:
        """The worker tells of a party's leg."""
        self.tell_leg(self.leg(target), state, code, reason)

    def tell_leg(self, leg: int, state: sip.LegState, code: int = 0, reason: str = "") -> None:
        """The same by leg."""
        change = self.parties.leg_changed(sip.LegChanged(leg, state, code, reason))
        if change is not None:
            self.handling.publish(change)
            self.over |= self.handling.changed(change)

    def answers(self, target: str) -> None:
        self.tell(target, "up", 200)

    def refuses(self, target: str, code: int = 486) -> None:
        self.tell(target, "failed", code)

    def hangs_up(self, target: str) -> None:
        self.tell(target, "ended")

    def let_go_end(self) -> None:
        """Those hung up on are gone."""
        for target in self.let_go:
            self.tell(target, "ended", reason="hung-up")

    # --- the console ----------------------------------------------------------------------

    def order(self, order: control.Order, seat: str = "") -> str:
        """Give an order; the reason why it was refused, "" if it was not."""
        before = len(self.events)
        self.handling.order(order, seat)
        refused = [one for one in self.events[before:] if isinstance(one, live.OrderRefused)]
        return refused[0].reason if refused else ""

    def told(self, kind: type[live.LiveEvent]) -> list[live.LiveEvent]:
        """The live events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]


def both(a: str, b: str) -> set[tuple[str, str]]:
    """Two hear each other."""
    return {(a, b), (b, a)}


def everybody(*targets: str) -> set[tuple[str, str]]:
    """All hear all."""
    return {(a, b) for a in targets for b in targets if a != b}
