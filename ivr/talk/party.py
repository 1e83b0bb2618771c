"""Somebody on a leg of a call, and what can happen to them."""

from __future__ import annotations

from typing import Literal

import msgspec

Role = Literal["caller", "operator", "guest", "supervisor", "leader", "citizen", "host"]
Mode = Literal["talk", "listen", "whisper"]
Refusal = Literal["busy", "no-answer", "failed", "withdrawn"]
Outcome = Literal["answered", "busy", "no-answer", "failed", "withdrawn"]

# Whom a whisper is for: those who speak for the hotline or a unit.
STAFF = frozenset({"operator", "leader"})

BUSY_CODES = frozenset({486, 600})
SILENT_CODES = frozenset({0, 408, 480, 487})


class Party(msgspec.Struct, frozen=True):
    """Somebody in a call.

    ``target`` says who it is: "seat:801", "119", or "" for the one whose call it is. ``up``: has
    answered. ``joined``: takes part in the talk. ``held``: hears music and is heard by nobody.
    ``muted``: is heard by nobody. ``mode``: "talk"; "listen": hears all and is heard by nobody;
    "whisper": hears all and is heard by the first of the staff alone. ``leaving``: has been
    hung up on.
    """

    leg: int
    role: Role
    target: str = ""
    uri: str = ""
    up: bool = False
    joined: bool = False
    held: bool = False
    muted: bool = False
    mode: Mode = "talk"
    leaving: bool = False

    @property
    def seat(self) -> str:
        """The seat's number, "" if it is not a seat's phone."""
        return self.target.removeprefix("seat:") if self.target.startswith("seat:") else ""


class PartyChange(msgspec.Struct, frozen=True):
    """Root of what can happen to a party that is or was being rung."""

    party: Party


class Answered(PartyChange, frozen=True):
    """They have picked up."""


class Refused(PartyChange, frozen=True):
    """They have not: "busy", "no-answer", "failed", or "withdrawn" (this side gave up)."""

    reason: Refusal


class Gone(PartyChange, frozen=True):
    """They were on the line and are no longer: they hung up, or were hung up on
    (``party.leaving``)."""


class Paused(PartyChange, frozen=True):
    """They have put the others on hold with their own phone; or no longer."""

    on: bool


class Presence(msgspec.Struct, frozen=True):
    """From when to when somebody was in the talk, by the event loop's clock; None: still."""

    party: Party
    since: float
    until: float | None = None


def refusal(code: int) -> Refusal:
    """Why a phone that was rung did not answer, by the SIP status that ended it."""
    if code in BUSY_CODES:
        return "busy"
    return "no-answer" if code in SILENT_CODES else "failed"
