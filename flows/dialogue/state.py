"""The base of all states: a question, and what its answers lead to."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from flows.commands import AnyCommand, KeyInput, Listen, Music, Play, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Again, Finish, Miss, Move, Nothing, Speech
from flows.requests import AnyReply

ALWAYS = ("转人工", "再说一遍")


class Question(msgspec.Struct, frozen=True):
    """What is said in a state, and how the answer is heard.

    ``hear`` says what kind of answer is likely: an open sentence, a number, or a few words.
    ``masked`` answers are kept out of transcript, log and recording. With ``music`` nobody has
    to answer: the caller waits.
    """

    speech: Speech
    keys: int = 1
    inter_digit_s: float = 0.0
    expect: tuple[str, ...] = ()
    hear: str = "short"
    no_input_s: float = 0.0
    masked: bool = False
    music: bool = False


class State(msgspec.Struct, frozen=True):
    """One state of the dialogue; its fields are all the data that belong to it alone.

    ``listens``: keys and speech are answers here. ``ladder`` names the prompts for failures
    ("open.noinput.1"); with ``whole_ladder`` they stand in place of the question.
    ``remembered`` states can be come back to, those ``of_form`` only while the form is there.
    ``patience`` is the failure that ends it, of any kind; ``misses`` the failed recognition.
    ``pausable`` states wait when the caller says so. ``stars``: * may be part of the keys.
    """

    listens: ClassVar[bool] = True
    ladder: ClassVar[str] = "common"
    whole_ladder: ClassVar[bool] = False
    remembered: ClassVar[bool] = True
    of_form: ClassVar[bool] = False
    pausable: ClassVar[bool] = True
    stars: ClassVar[bool] = False
    patience: ClassVar[int] = 3
    misses: ClassVar[int] = 2

    def question(self, call: Call) -> Question:
        """What to ask."""
        raise NotImplementedError

    def enter(self, call: Call, say: Speech) -> tuple[AnyCommand, ...]:
        """The commands on arriving here; ``say`` comes first."""
        return ask(call, self.question(call), say)

    def keys(self, call: Call, digits: str) -> Move:
        """The caller keyed ``digits``; never "0" or "*" alone."""
        return Again() if not digits else Miss(kind="bad-key")

    def same_question(self, other: State) -> bool:
        """Whether "back" would gain nothing by returning to ``other`` from here."""
        return self == other

    def heard(self, call: Call, said: Said) -> Move:
        """The caller said something that means nothing special everywhere."""
        return Miss()

    def speech_lost(self, call: Call, say: Speech) -> Move:
        """Recognition is gone; ``say`` tells so."""
        return Again(say)

    def help(self, call: Call) -> Speech:
        """What is said, before the question, to who asks how to answer it."""
        return ()

    def other_words(self, call: Call, move: Miss) -> Speech:
        """What is said after the failure ``move`` instead of the usual; () for the usual."""
        return ()

    def missed(self, call: Call) -> Move | None:
        """Where to go when the answers have failed too often; None: to a person."""
        return None

    def replied(self, call: Call, reply: AnyReply) -> Move:
        """The system outside has answered the last request."""
        return Nothing()

    def refused(self, call: Call, reason: str) -> Move:
        """The last request came to nothing (:class:`flows.events.RequestFailed`)."""
        return Nothing()

    def takes_story(self, call: Call) -> bool:
        """Whether anything that is told here is an answer."""
        return False

    def filed(self, call: Call, ticket_no: str) -> Move:
        """The ticket is stored."""
        return Nothing()

    def filing_failed(self, call: Call) -> Move:
        """The ticket could not be stored."""
        return Nothing()

    def transfer_failed(self, call: Call) -> Move:
        """Nobody was reached."""
        return Nothing()

    def transfer_ended(self, call: Call) -> Move:
        """The person has hung up."""
        return Finish((Say("transfer.ended"),))


def ask(call: Call, question: Question, say: Speech = ()) -> tuple[AnyCommand, ...]:
    """Say ``say`` and the question, and listen."""
    if not question.music:
        return (Play((*say, *question.speech)), listen(call, question))
    speech = (*say, *question.speech)
    return (*((Play(speech),) if speech else ()), Music(), listen(call, question))


def listen(call: Call, question: Question) -> Listen:
    """How the answer to ``question`` is heard."""
    config = call.config
    silence = {
        "open": config.end_silence_open_ms,
        "digits": config.end_silence_digits_ms,
    }.get(question.hear, config.end_silence_short_ms)
    return Listen(
        keys=KeyInput(
            question.keys, question.inter_digit_s or config.inter_digit_s, question.masked
        ),
        expect=(*question.expect, *ALWAYS),
        no_input_s=question.no_input_s or config.no_input_s,
        end_silence_ms=silence,
        speech=call.speech,
    )
