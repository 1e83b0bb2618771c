"""A sentence said in answer: what may be said at any time, then what the state makes of it."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue import moves as mv
from flows.dialogue.asking import ConfirmEmergency
from flows.dialogue.besides import announced, instead, kept
from flows.dialogue.call import Call, Said
from flows.dialogue.course import Course
from flows.dialogue.filing import MoreWanted
from flows.dialogue.followup import to_person
from flows.dialogue.moves import Miss, Move
from flows.dialogue.pausing import Pausing
from flows.dialogue.person import ENTERPRISE
from flows.dialogue.state import State
from flows.dialogue.waiting import InLine, StillWanted, resting, stop_waiting

# "转人工" inside a longer sentence is part of a story.
SHORT = 12
# How many further readings of a short answer are worth trying.
MOST_READINGS = 3


def hear(call: Call, course: Course, said: Said) -> Move:
    """What ``said`` leads to in the state that ``course`` is in."""
    wording = call.data.wording
    state = course.state
    if isinstance(state, InLine):
        return _heard_in_line(call, course, state, said)
    leaves = call.queued is not None and wording.no_wait.whole(said.text)
    if leaves and not isinstance(state, StillWanted):
        return stop_waiting(call, resting(state))
    inside = len(said.text) <= SHORT and wording.person_inside.inside(said.text)
    if inside or wording.person.whole(said.text):
        return person_asked(call, state)
    if wording.enterprise.whole(said.text) and not state.of_form:
        return mv.ToPerson(skills=(ENTERPRISE,))
    if isinstance(course.state, Pausing):
        course.state = course.state.back
        if wording.ready.whole(said.text):
            return mv.Again()
    if wording.slower.whole(said.text):
        call.pace = call.config.slower
        return mv.Again((Say("common.slower"),))
    if wording.wait.whole(said.text):
        if not course.state.pausable:
            return mv.Again()
        return mv.Go(state=Pausing(back=course.state))
    if wording.back.whole(said.text):
        return course.back()
    if wording.repeat.whole(said.text) and not isinstance(course.state, MoreWanted):
        return mv.Again()
    return _answer(call, course.state, said)


def _answer(call: Call, state: State, said: Said) -> Move:
    """An answer to ``state``, another matter besides it, or one in its place."""
    besides = announced(call, state, said.text)
    if besides is not None:
        answer = state.heard(call, Said(besides.answer)) if besides.answer else None
        return kept(call, state, besides, answer)
    move = state.heard(call, said)
    for other in said.alternatives[:MOST_READINGS]:
        if isinstance(move, Miss) and other:
            move = state.heard(call, Said(other))
    if not isinstance(move, Miss):
        return move
    other_matter = instead(call, state, said.text)
    if other_matter is not None:
        return kept(call, state, other_matter)
    return Miss(kind="swear") if call.data.wording.swear.inside(said.text) else move


def _heard_in_line(call: Call, course: Course, state: InLine, said: Said) -> Move:
    """What concerns the queue itself, else an answer to the question before it."""
    wanted = state.asked_for(call, said)
    if wanted is not None:
        return wanted
    if call.data.wording.repeat.whole(said.text):
        return mv.Go(state=replace(state, quiet=False))
    course.state = state.back
    move = hear(call, course, said)
    if isinstance(move, Miss):
        course.state = state
        return state.not_understood()
    return move


def person_asked(call: Call, state: State) -> Move:
    """To a person; an emergency that is only suspected goes with the caller."""
    if isinstance(state, ConfirmEmergency):
        return mv.Emergency(kind=state.kind, text=state.text, person=True)
    return mv.ToPerson() if call.follow_up is None else to_person(call)
