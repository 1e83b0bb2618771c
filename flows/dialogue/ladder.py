"""What is said when an answer was no use: other words each time, and then a person.

Two failed recognitions, or three failures of any kind, end a question.
"""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Miss, Speech
from flows.dialogue.opening import OpenQuestion
from flows.dialogue.state import Question, State


def count(call: Call, state: State, move: Miss) -> bool:
    """Count a failure at ``state``; whether that was the last that it bears."""
    if move.kind == "noinput":
        call.unheard += 1
    else:
        call.misses += 1
    return call.misses >= state.misses or call.misses + call.unheard >= state.patience


def again_in_other_words(call: Call, state: State, move: Miss) -> Question:
    """The question of ``state`` as it is asked after the failure ``move``."""
    question = state.question(call)
    speech = move.instead or state.other_words(call, move)
    if not speech:
        speech = _wording(call, state, move)
        if not state.whole_ladder or move.kind == "bad-key":
            speech = (*speech, *question.speech)
    return replace(question, speech=(*move.say, *speech))


def _wording(call: Call, state: State, move: Miss) -> Speech:
    if move.kind == "bad-key":
        return (Say("common.bad-key"),)
    if move.kind == "swear":
        return (Say("open.swear" if isinstance(state, OpenQuestion) else "common.calm"),)
    number = call.misses + call.unheard
    ladder = f"{state.ladder}.{move.kind}"
    for name in (f"{ladder}.{number}", f"{ladder}.1"):
        if name in call.data.prompts:
            return (Say(name),)
    kind = "noinput" if move.kind == "noinput" else "nomatch"
    return (Say(f"common.{kind}.{number}"),)
