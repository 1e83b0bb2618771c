"""A dialogue that does what the test says, for what the real one has no easy way to."""

from __future__ import annotations

from collections import deque
from typing import TypeVar

from flows import commands as do
from flows import events as ev
from flows.commands import AnyCommand
from flows.events import AnyEvent
from flows.ticket import TicketDraft

E = TypeVar("E", bound=ev.Event)

NOTICE = do.Play((do.Text("本次通话将被录音"),), barge_in=False)
SECRET = do.KeyInput(max_digits=18, inter_digit_s=30.0, masked=True)


class ScriptedTalk:
    """Answers each event that matters with the next of ``answers``; keeps all it heard."""

    def __init__(self, *answers: tuple[AnyCommand, ...]) -> None:
        self.draft: TicketDraft | None = None
        self.events: list[AnyEvent] = []
        self.at_end: tuple[AnyCommand, ...] = ()
        self._answers = deque(answers)

    def handle(self, event: AnyEvent) -> tuple[AnyCommand, ...]:
        self.events.append(event)
        if isinstance(event, ev.HungUp):
            return self.at_end
        if isinstance(event, ev.Partial | ev.SpeechBack | ev.SpeechLost | ev.Filed):
            return ()
        return self._answers.popleft() if self._answers else ()

    def heard(self, kind: type[E]) -> list[E]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


def asks(words: str, *keys: do.KeyInput) -> tuple[AnyCommand, ...]:
    """A question, and how it is answered."""
    return (do.Play((do.Text(words),)), do.Listen(keys=keys[0] if keys else do.KeyInput()))
