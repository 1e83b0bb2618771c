"""Another matter, named in the middle of a form: it is kept until this one is done."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Request
from flows.dialogue.moves import Again, Miss, Move
from flows.dialogue.state import State
from flows.privacy import mask_text
from flows.routing.several import MOST, Besides, besides


def announced(call: Call, state: State, text: str) -> Besides | None:
    """What ``text`` tells besides an answer to ``state`` ("张三，还有我家路灯坏了")."""
    if call.form is None or not state.of_form or state.takes_story(call):
        return None
    found = besides(call.data.knowledge.router, text)
    if found is None or not found.announced or not _another(call, found):
        return None
    expected = (word for word in state.question(call).expect if len(word) > 1)
    return None if any(word in found.text for word in expected) else found


def instead(call: Call, state: State, text: str) -> Besides | None:
    """What ``text``, which was no answer to ``state``, tells of another matter.

    Only in a service's form: whoever files a complaint goes on telling of it. And only once the
    caller has let that service stand.
    """
    form = call.form
    if form is None or form.sheet is None or not form.confirmed or not state.of_form:
        return None
    found = besides(call.data.knowledge.router, text)
    return found if found is not None and _another(call, found) else None


def kept(call: Call, state: State, found: Besides, move: Move | None = None) -> Move:
    """Keep the matter, say so, and go on with ``move``, else with the question of ``state``."""
    result = found.result
    if all(request.intent != result.intent for request in call.waiting):
        # Where a number is dictated, one may stand in the same sentence.
        text = mask_text(found.text) if state.question(call).masked else found.text
        call.waiting.append(Request(result.intent, text, result.score))
    told = f"另一件事先记下：{result.name}（{result.intent}，{result.score:.2f}）"
    say = (Say("several.kept"),)
    if move is None or isinstance(move, Miss):
        return Again(say, note=told)
    note = f"{told}；{move.note}" if move.note else told
    return replace(move, say=(*say, *move.say), note=note)


def _another(call: Call, found: Besides) -> bool:
    """Whether it is a matter of its own, and there is room for it."""
    intent = found.result.intent
    if call.form is None or intent == call.form.intent or intent in call.denied:
        return False
    return len(call.waiting) < MOST or any(one.intent == intent for one in call.waiting)
