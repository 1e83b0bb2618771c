"""The legs of one call as a table of people: rung, joined to the talk, held, muted, gone.

    parties = Parties(worker.send, music=music, queue=queue)
    ringing = parties.ring("operator", "sip:801@10.0.0.1", "seat:801", timeout_s=20)
    outcome = await ringing            # "answered", "busy", "no-answer", "failed", "withdrawn"

Whoever reads the worker gives every ``LegChanged`` of a further leg to :meth:`Parties.leg_changed`
and every ``Key`` to :meth:`Parties.key`; so a ringing may be awaited only in another task than
that one, which rather acts on what :meth:`leg_changed` returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from msgspec.structs import replace

from ivr.call.playqueue import PlayQueue
from ivr.sip import messages as sip
from ivr.talk.matrix import Wires, served_by, wires
from ivr.talk.party import (
    Answered,
    Gone,
    Mode,
    Outcome,
    Party,
    PartyChange,
    Paused,
    Presence,
    Refused,
    Role,
    refusal,
)
from ivr.talk.sounds import Sounds

FIRST = 0
# PJSIP as packaged holds four legs in a process: the one whose call it is, and three more.
LEGS = (1, 2, 3)


class PartiesFull(Exception):
    """A call holds three people beside the one whose call it is; there is no place for another."""


class Ringing:
    """A phone being rung as ``leg``. Awaiting it gives the outcome; :meth:`cancel` gives up."""

    def __init__(self, leg: int, withdraw: Callable[[], None]) -> None:
        self.leg = leg
        self._withdraw = withdraw
        self._outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def __await__(self) -> Generator[object, None, Outcome]:
        return asyncio.shield(self._outcome).__await__()

    @property
    def outcome(self) -> Outcome | None:
        """What has come of it, None while it rings."""
        return self._outcome.result() if self._outcome.done() else None

    def cancel(self) -> None:
        """Stop ringing; nothing happens once they have answered."""
        if not self._outcome.done():
            self._withdraw()
            self.settle("withdrawn")

    def settle(self, outcome: Outcome) -> None:
        """Something has come of it; only the first counts."""
        if not self._outcome.done():
            self._outcome.set_result(outcome)


class Parties:
    """Everybody in one call. Lives in the call's own task; nothing here blocks.

    ``first`` is who leg 0 is. ``music`` is what somebody on hold hears. With ``queue`` leg 0
    hears music and tones in turn with its prompts. ``changed`` is told after every change.
    """

    def __init__(
        self,
        send: Callable[[sip.ToWorker], None],
        *,
        first: Role = "caller",
        target: str = "",
        music: Path | None = None,
        queue: PlayQueue | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._send = send
        self._music = music
        self._changed = changed
        self._clock = asyncio.get_running_loop().time
        self._parties: dict[int, Party] = {FIRST: Party(FIRST, first, target, up=True, joined=True)}
        self._ringing: dict[int, Ringing] = {}
        self._wires: Wires = frozenset()
        self._since: dict[int, float] = {FIRST: self._clock()}
        self._past: list[Presence] = []
        self._last_leg = 0
        self.sounds = Sounds(send, queue)

    # --- knowing -------------------------------------------------------------------------

    @property
    def all(self) -> tuple[Party, ...]:
        """Everybody, in the order in which they were rung; leg 0 first."""
        return tuple(self._parties.values())

    @property
    def serving(self) -> Party | None:
        """Who has the call in hand: the first operator (or leader) in the talk."""
        return served_by(self._parties.values())

    @property
    def people(self) -> tuple[Party, ...]:
        """Those who talk, beside leg 0."""
        return tuple(
            party
            for leg, party in self._parties.items()
            if leg != FIRST and party.joined and party.mode == "talk" and not party.leaving
        )

    @property
    def presences(self) -> tuple[Presence, ...]:
        """Who has been in the talk, and when, in the order in which they joined."""
        still = (Presence(self._parties[leg], since) for leg, since in self._since.items())
        return tuple(sorted((*self._past, *still), key=lambda one: one.since))

    def on(self, leg: int) -> Party | None:
        """Who is on a leg."""
        return self._parties.get(leg)

    def find(self, target: str) -> Party | None:
        """The party with this target that has not been hung up on."""
        for party in self._parties.values():
            if party.target == target and not party.leaving:
                return party
        return None

    # --- doing ---------------------------------------------------------------------------

    def ring(
        self,
        role: Role,
        uri: str,
        target: str = "",
        *,
        timeout_s: float = 25.0,
        headers: Mapping[str, str] | None = None,
        mode: Mode = "talk",
    ) -> Ringing:
        """Ring ``uri`` on a free leg. Who answers is not in the talk before :meth:`join`.

        Raises :class:`PartiesFull`.
        """
        leg = self._free_leg()
        self._parties[leg] = Party(leg, role, target, uri, mode=mode)
        self._ringing[leg] = Ringing(leg, lambda: self.hang_up(leg))
        self._send(sip.Dial(leg=leg, uri=uri, timeout_s=timeout_s, headers=dict(headers or {})))
        self._changed()
        return self._ringing[leg]

    def join(self, leg: int) -> None:
        """Let the one on ``leg``, who has answered, into the talk."""
        party = self._parties.get(leg)
        if party is not None and party.up and not party.joined and not party.leaving:
            self._since[leg] = self._clock()
            self._set(leg, joined=True)

    def hold(self, leg: int, on: bool) -> None:
        """Put somebody on hold, with music; or take them back."""
        if leg in self._parties and self._parties[leg].held != on:
            self._set(leg, held=on)
            self.sounds.play(leg, self._music if on else None)

    def mute(self, leg: int, on: bool) -> None:
        """Let nobody hear them; or again."""
        if leg in self._parties:
            self._set(leg, muted=on)

    def mode(self, leg: int, mode: Mode) -> None:
        """Listen, whisper or talk from now on."""
        if leg in self._parties:
            self._set(leg, mode=mode)

    def hang_up(self, leg: int) -> None:
        """Hang up on somebody, or stop ringing them. The leg is free again when it has ended."""
        party = self._parties.get(leg)
        if party is None or party.leaving or leg == FIRST:
            return
        self._set(leg, leaving=True)
        self._send(sip.HangUpLeg(leg))

    def hang_up_others(self) -> None:
        """Hang up on everybody but leg 0."""
        for leg in tuple(self._parties):
            self.hang_up(leg)

    # --- what happens --------------------------------------------------------------------

    def leg_changed(self, change: sip.LegChanged) -> PartyChange | None:
        """A further leg has changed; what that means, None if nothing.

        When the caller hangs up first, their own end follows: until then nobody is missed.
        """
        party = self._parties.get(change.leg)
        if party is None or change.leg == FIRST or change.reason == "caller-left":
            return None
        if change.state == "up" and not party.up and not party.leaving:
            party = self._set(change.leg, up=True)
            self._settle(change.leg, "answered")
            return Answered(party)
        if change.state in ("failed", "ended"):
            return self._ended(party, change.code)
        if change.state in ("held", "resumed") and party.joined:
            return Paused(party, change.state == "held")
        return None

    def key(self, leg: int, key: str) -> None:
        """Somebody has pressed a key: it is passed on to all who hear them."""
        for source, sink in sorted(self._wires):
            if source == leg:
                self._send(sip.SendKey(sink, key))

    # --- inside --------------------------------------------------------------------------

    def _ended(self, party: Party, code: int) -> PartyChange:
        leg = party.leg
        del self._parties[leg]
        self.sounds.forget(leg)
        self._wires = frozenset(wire for wire in self._wires if leg not in wire)
        since = self._since.pop(leg, None)
        if since is not None:
            self._past.append(Presence(party, since, self._clock()))
        reason = "withdrawn" if party.leaving else refusal(code)
        self._settle(leg, reason)
        self._rewire()
        return Gone(party) if party.up else Refused(party, reason)

    def _settle(self, leg: int, outcome: Outcome) -> None:
        ringing = self._ringing.pop(leg, None)
        if ringing is not None:
            ringing.settle(outcome)

    def _set(self, leg: int, **changes: object) -> Party:
        party = replace(self._parties[leg], **changes)
        self._parties[leg] = party
        self._rewire()
        return party

    def _rewire(self) -> None:
        wanted = wires(self._parties.values())
        for source, sink in sorted(self._wires - wanted):
            self._send(sip.Wire(source, sink, False))
        for source, sink in sorted(wanted - self._wires):
            self._send(sip.Wire(source, sink))
        self._wires = wanted
        self._changed()

    def _free_leg(self) -> int:
        # Legs take turns: what is still said of an ended leg must not meet the next one.
        for step in range(len(LEGS)):
            leg = LEGS[(self._last_leg + step) % len(LEGS)]
            if leg not in self._parties:
                self._last_leg = leg
                return leg
        raise PartiesFull("three people are in the call or being rung: there is no free leg")
