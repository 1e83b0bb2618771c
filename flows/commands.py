"""What the dialogue asks the telephone to do.

The shell (``ivr``, the simulator, a test) carries the commands of one
:meth:`flows.dialogue.Dialogue.handle` call out in order. ``Play`` and ``Listen`` belong
together: a ``Listen`` after a ``Play`` with ``barge_in`` hears from the prompt's first
moment; its no-input time starts when the prompt has ended.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from flows.followup import FollowUpResult
from flows.opinion import Rating
from flows.requests import AnyRequest
from flows.ticket import HandoffCard, TicketDraft


class Speech(msgspec.Struct, frozen=True, tag=True):
    """One piece of what is said. Pieces of a ``Play`` follow each other without a gap."""


class Say(Speech, frozen=True):
    """A fixed prompt by its id in ``flows/data/prompts.yaml``; ships as recorded audio."""

    prompt: str


class Text(Speech, frozen=True):
    """Words known only now (an address, a name); spoken by the run-time synthesiser."""

    text: str


class Digits(Speech, frozen=True):
    """Letters and digits spoken one by one from recorded audio ("BH20261123000001")."""

    text: str


class Pause(Speech, frozen=True):
    """Silence between two pieces."""

    ms: int


AnySpeech = Say | Text | Digits | Pause


class Command(msgspec.Struct, frozen=True, tag=True):
    """Root of all commands."""


class Play(Command, frozen=True):
    """Say ``speech``. With ``barge_in``, a key or sustained speech stops it.

    ``pace`` below 1 is slower, for callers who ask for it (0.8: four fifths of the speed).
    """

    speech: tuple[AnySpeech, ...]
    barge_in: bool = True
    pace: float = 1.0


class Record(Command, frozen=True):
    """Record from here on: what was said before this told the caller so."""


class KeyInput(msgspec.Struct, frozen=True):
    """How keys are collected while listening, after VoiceXML's DTMF grammar properties.

    ``#`` always ends the input. ``max_digits`` reached ends it at once. Otherwise it ends
    ``inter_digit_s`` after the last key. ``masked`` keys, and words spoken instead, never reach
    transcript or log, and the recording is silent while they are given.
    """

    max_digits: int = 1
    inter_digit_s: float = 3.0
    masked: bool = False


class Listen(Command, frozen=True):
    """Hear the caller: one of ``Utterance``, ``Keys`` or ``NoInput`` ends it.

    ``expect`` are the short answers that are likely now ("对", "转人工"): a partial result
    that equals one may end the turn early, and re-ranking may prefer them.
    ``end_silence_ms`` overrides how long a silence ends the turn (longer for open
    questions and dictated numbers); 0 keeps the configured default.
    """

    keys: KeyInput = KeyInput()
    expect: tuple[str, ...] = ()
    no_input_s: float = 6.0
    end_silence_ms: int = 0
    speech: bool = True


Priority = Literal["emergency", "dropped", "enterprise", "other"]


class Transfer(Command, frozen=True):
    """Call ``target`` ("operator", or an emergency number such as "119") and bridge it.

    The ``card`` is delivered before that phone rings. With ``stay`` the hotline keeps
    recording and transcribing the three-way call. The shell answers with
    ``TransferAnswered`` (then ``TransferEnded``) or ``TransferFailed``.

    "operator" may mean a place in the operators' queue: then ``Placed`` and ``SeatFree`` come
    first, and the call goes on meanwhile. ``priority`` is the class of that place, ``skills``
    what the operator should be able to do ("dialect", "enterprise", "emergency"). A transfer to
    anybody else gives the place up.
    """

    target: str
    card: HandoffCard
    stay: bool = True
    priority: Priority = "other"
    skills: tuple[str, ...] = ()


class Connect(Command, frozen=True):
    """Answer to ``SeatFree``: show ``card`` there and ring that seat.

    The shell answers with ``TransferAnswered``; a seat that does not take the call is followed
    by another ``SeatFree`` or ``Placed``.
    """

    card: HandoffCard


class LeaveQueue(Command, frozen=True):
    """The caller waits for a person no longer."""


class KeepPlace(Command, frozen=True):
    """The caller hangs up now; keep the place in the queue, and ring ``number`` when it is
    their turn. ``draft`` is filed under ``ticket_no`` and asks for that call."""

    number: str
    draft: TicketDraft
    ticket_no: str


class Music(Command, frozen=True):
    """Play music whenever there is nothing else to hear, until the next commands."""


class FileTicket(Command, frozen=True):
    """Store ``draft`` for good. The shell answers with ``Filed`` or ``FilingFailed``.

    With ``ticket_no`` the draft replaces that of this ticket, which keeps its number.
    """

    draft: TicketDraft
    ticket_no: str = ""


class Ask(Command, frozen=True):
    """Put ``request`` to the system outside that answers it, without waiting for it here.

    The shell answers with one ``Replied`` or ``RequestFailed`` that carries the same ``number``.
    """

    request: AnyRequest
    number: int


class KeepRating(Command, frozen=True):
    """Keep how the caller rates this call, in place of what was kept before."""

    rating: Rating


class KeepFollowUp(Command, frozen=True):
    """Keep what a follow-up call has found out so far, in place of what was kept before."""

    result: FollowUpResult


class Note(Command, frozen=True):
    """A line for the transcript that explains a decision (what matched, what it lost to)."""

    text: str


class HangUp(Command, frozen=True):
    """End the call once everything said before has been heard."""


AnyCommand = (
    Play
    | Record
    | Listen
    | Transfer
    | Connect
    | LeaveQueue
    | KeepPlace
    | Music
    | FileTicket
    | Ask
    | KeepRating
    | KeepFollowUp
    | Note
    | HangUp
)
