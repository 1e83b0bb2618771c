"""How was the service? Asked at the end of a call, when that is no bother.

After a person has talked with the caller, and after the machine has taken a matter down; never
after an emergency, never twice, never of somebody who says nothing any more. No answer is no
rating.
"""

from __future__ import annotations

from typing import ClassVar, Literal, cast

from flows.commands import KeepRating, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.moves import Finish, Go, Miss, Move, Speech, Understand
from flows.dialogue.opinion import WhyNot
from flows.dialogue.state import Question, State
from flows.opinion import Rating, Reason, Satisfaction

About = Literal["person", "machine"]
# So long an answer that is no rating is a new request.
LEAST_MATTER = 6
SHORT = 8
WORDS = ("满意", "基本满意", "不满意")


def closing(call: Call, about: About, goodbye: Speech) -> Move:
    """The end of a call that went well: the question, or at once ``goodbye``."""
    wanted = about in call.config.rate and not call.rated and call.follow_up is None
    done = about == "person" or call.filed is not None
    if not (wanted and done) or call.emergency is not None:
        return Finish(goodbye)
    call.rated = True
    return Go(state=Rate(about=about))


class Rate(State, frozen=True, kw_only=True):
    """满意, 基本满意, 不满意?"""

    remembered: ClassVar[bool] = False
    pausable: ClassVar[bool] = False
    patience: ClassVar[int] = 2

    about: About

    def question(self, call: Call) -> Question:
        return Question((Say(f"rate.{self.about}"), Say("rate.ask")), expect=WORDS)

    def keys(self, call: Call, digits: str) -> Move:
        value = call.data.opinions.satisfaction.keyed(digits)
        return self._rated(value) if value else super().keys(call, digits)

    def heard(self, call: Call, said: Said) -> Move:
        value = call.data.opinions.satisfaction.heard(said.text)
        if value:
            return self._rated(value)
        wording = call.data.wording
        short = len(said.text) <= SHORT
        if wording.nothing.whole(said.text) or (short and wording.farewell.inside(said.text)):
            return Finish((Say("goodbye"),))
        if len(said.text) >= LEAST_MATTER and "满意" not in said.text:
            return Understand(said=said)
        return Miss()

    def other_words(self, call: Call, move: Miss) -> Speech:
        return (Say("rate.retry"),) if move.kind == "nomatch" else ()

    def missed(self, call: Call) -> Move | None:
        return Finish((Say("goodbye"),))

    def _rated(self, value: str) -> Move:
        satisfaction = cast(Satisfaction, value)
        keep = KeepRating(Rating(self.about, satisfaction))
        if satisfaction == "不满意":
            return Go(first=(keep,), state=RatedBadly(about=self.about))
        return Finish((Say("rate.thanks"),), first=(keep,))


class RatedBadly(WhyNot, frozen=True, kw_only=True):
    """不满意: why?"""

    about: About

    def given(self, call: Call, reason: Reason, said: str) -> Move:
        rating = Rating(self.about, "不满意", reason, said)
        return Finish((Say("rate.sorry"),), first=(KeepRating(rating),))
