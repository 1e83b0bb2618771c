"""Long things are said in parts, each as long as one can listen to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec.structs import replace

from flows.commands import Digits, Pause, Say, Text
from flows.dialogue.call import Call, Said
from flows.dialogue.data import FlowData
from flows.dialogue.moves import Go, Miss, Move, Speech
from flows.dialogue.state import Question, State
from flows.prompts import LONGEST_S, seconds
from flows.values.yes_no import answer


class Reading(State, frozen=True, kw_only=True):
    """Reads ``parts`` from ``at`` on, and asks whether to go on; then ``back`` is asked."""

    of_form: ClassVar[bool] = True
    remembered: ClassVar[bool] = False

    parts: tuple[Speech, ...]
    back: State
    at: int = 0

    def question(self, call: Call) -> Question:
        speech = (*self.parts[self.at], Say("svcform.read.on"))
        return Question(speech, expect=("继续", "不用了"))

    def keys(self, call: Call, digits: str) -> Move:
        if digits == "1":
            return self._on()
        return Go(state=self.back) if digits in ("2", "") else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        wording = call.data.wording
        reply = answer(said.text).yes
        if wording.go_on.whole(said.text) or reply:
            return self._on()
        if reply is False or wording.nothing.whole(said.text):
            return Go(state=self.back)
        # Whoever says something else is back at what was asked.
        move = self.back.heard(call, said)
        return Go(state=self.back) if isinstance(move, Miss) else move

    def missed(self, call: Call) -> Move | None:
        return Go(state=self.back)

    def _on(self) -> Move:
        return read(self.parts[self.at + 1 :], self.back)


def read(parts: Sequence[Speech], back: State, lead: Speech = ()) -> Move:
    """Say ``lead`` and ``parts``, one at a time, then ask ``back``."""
    if not parts:
        return Go(lead, state=back)
    first, *rest = parts
    if not rest:
        return Go((*lead, *first), state=back)
    return Go(lead, state=Reading(parts=(first, *rest), back=back))


def in_parts(
    data: FlowData, pieces: Sequence[Speech], longest_s: float = LONGEST_S
) -> list[Speech]:
    """``pieces`` joined to parts of at most ``longest_s`` each; a longer piece stands alone."""
    parts: list[Speech] = []
    length = 0.0
    for piece in pieces:
        takes = duration(data, piece)
        if parts and length + takes <= longest_s:
            parts[-1] = (*parts[-1], *piece)
            length += takes
        else:
            parts.append(piece)
            length = takes
    return parts


def duration(data: FlowData, speech: Speech) -> float:
    """Roughly how long ``speech`` takes to say, in seconds."""
    total = 0.0
    for piece in speech:
        match piece:
            case Say():
                total += seconds(data.prompts[piece.prompt])
            case Text() | Digits():
                total += seconds(piece.text)
            case Pause():
                total += piece.ms / 1000
    return total


def turned(state: Reading, at: int) -> Reading:
    """``state`` at another of its parts."""
    return replace(state, at=at)
