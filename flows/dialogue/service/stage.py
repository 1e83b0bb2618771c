"""What all questions about a service share: words that may be said at any of them."""

from __future__ import annotations

from typing import ClassVar

from flows.dialogue.call import Call, Said
from flows.dialogue.giving_up import give_up, gives_up
from flows.dialogue.moves import Go, Miss, Move
from flows.dialogue.pausing import Pausing
from flows.dialogue.service.asides import SHORT, answer_aside
from flows.dialogue.state import State


class ServiceState(State, frozen=True):
    """A question in the course of a service.

    ``ends_lightly``: a mere "算了" means the whole service here.
    """

    of_form: ClassVar[bool] = True
    ends_lightly: ClassVar[bool] = True

    def heard(self, call: Call, said: Said) -> Move:
        if len(said.text) <= SHORT and call.data.wording.fetch.inside(said.text):
            return Go(state=Pausing(back=self))
        if gives_up(call, said.text, lightly=self.ends_lightly):
            return give_up()
        aside = answer_aside(call, said.text, self)
        return aside if aside is not None else self.answered(call, said)

    def answered(self, call: Call, said: Said) -> Move:
        """The caller said something that is no question of theirs."""
        return Miss()
