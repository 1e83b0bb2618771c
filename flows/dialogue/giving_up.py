"""The caller does not want it any more: nothing of it is filed."""

from __future__ import annotations

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Drop, Move


def gives_up(call: Call, text: str, *, lightly: bool) -> bool:
    """Whether ``text`` ends the form; ``lightly``: a mere "算了" does, too."""
    wording = call.data.wording
    return wording.give_up.whole(text) or (lightly and wording.give_up_lightly.whole(text))


def give_up() -> Move:
    """The form is dropped."""
    return Drop((Say("common.ok"),), note="来电人不办了")
