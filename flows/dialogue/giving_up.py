"""The caller does not want it any more: nothing of it is filed."""

from __future__ import annotations

from flows.commands import Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Drop, Move

# "算了", "不要了" and "以后再说" may be about the question alone; these are not.
_PLAINLY = ("办", "弄", "取消", "投诉", "举报", "反映")


def gives_up(call: Call, text: str, *, lightly: bool) -> bool:
    """Whether ``text`` ends the form; ``lightly``: a mere "算了" does, too."""
    if not call.data.wording.give_up.whole(text):
        return False
    return lightly or any(word in text for word in _PLAINLY)


def give_up() -> Move:
    """The form is dropped."""
    return Drop((Say("common.ok"),), note="来电人不办了")
