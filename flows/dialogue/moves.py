"""What a state wants to happen next. The dialogue carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from flows.commands import AnyCommand, AnySpeech
from flows.dialogue.call import Said
from flows.ticket import TicketDraft

if TYPE_CHECKING:
    from flows.dialogue.state import State

Speech = tuple[AnySpeech, ...]
MissKind = Literal["noinput", "nomatch", "unknown", "bad-key", "swear"]


class Move(msgspec.Struct, frozen=True):
    """Root of all moves. ``say`` is said before whatever comes next; ``note`` explains it;
    ``first`` is done before anything is said."""

    say: Speech = ()
    note: str = ""
    first: tuple[AnyCommand, ...] = ()


class Go(Move, frozen=True, kw_only=True):
    """Go to ``state``."""

    state: State


class Again(Move, frozen=True):
    """Ask the same question again; nobody did anything wrong."""


class Miss(Move, frozen=True, kw_only=True):
    """The answer was no use: ask again in other words, or give the caller to a person.

    ``instead`` is said in place of the usual wording and the question.
    """

    kind: MissKind = "nomatch"
    instead: Speech = ()


class Open(Move, frozen=True):
    """Back to the open question; the form is dropped."""


class Drop(Move, frozen=True):
    """The form is not wanted any more: what the caller has also named, or what else there is."""


class Understand(Move, frozen=True, kw_only=True):
    """Hear ``said`` as an answer to the open question."""

    said: Said


class Begin(Move, frozen=True, kw_only=True):
    """Take up the matter of ``intent``; ``text`` is what the caller said of it ("" by keys).

    ``sure`` is false where the caller should have a chance to correct.
    """

    intent: str
    text: str = ""
    score: float = 1.0
    sure: bool = True


class Proceed(Move, frozen=True):
    """Ask the form's next field, or read it back when there is none."""


class File(Move, frozen=True, kw_only=True):
    """Store ``draft``, then "ask" for other matters or "leave".

    ``replace`` is the ticket that it takes the place of. ``closing`` is said after the number,
    ``again`` to who asks to hear it again, besides the number.
    """

    draft: TicketDraft
    then: Literal["ask", "leave"] = "ask"
    replace: str = ""
    closing: Speech = ()
    again: Speech = ()


class Emergency(Move, frozen=True, kw_only=True):
    """An emergency of ``kind`` is certain enough: safety words, ticket, transfer.

    ``person``: to the operator, for the caller asked for one before answering.
    """

    kind: str
    text: str
    confirmed: bool = False
    person: bool = False


class ToPerson(Move, frozen=True, kw_only=True):
    """Put the caller through to a person. ``announce`` false: ``say`` has told so already.

    ``skills`` are what this person should be able to do (:class:`flows.commands.Transfer`).
    """

    reason: str = "asked"
    announce: bool = True
    skills: tuple[str, ...] = ()


class ToMenu(Move, frozen=True, kw_only=True):
    """Speak the menu ``name``."""

    name: str = "root"


class Finish(Move, frozen=True):
    """Hang up after ``say``."""


class Nothing(Move, frozen=True):
    """Do nothing."""
