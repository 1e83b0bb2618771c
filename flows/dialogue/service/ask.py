"""Asking one field of a service's form, by voice or by keys."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from flows.catalogue import Choice
from flows.commands import AnySpeech, Say
from flows.dialogue.call import Call, Said
from flows.dialogue.choices import MORE, pages
from flows.dialogue.moves import Go, Miss, Move, Open, Proceed, Speech, Understand
from flows.dialogue.service.form import (
    choice_name,
    fill,
    form,
    help_of,
    kind_of,
    leave_out,
    named,
    put,
    question_of,
    setting,
    sheet,
    spec_of,
)
from flows.dialogue.service.harvest import corrected, harvest
from flows.dialogue.service.stage import ServiceState
from flows.dialogue.state import Question, State
from flows.ticket import By
from flows.values.phone import phone_number
from flows.values.value import NOTHING, Taken, Value
from flows.values.yes_no import answer

# What is answered in a sentence rather than in a word.
_OPEN = frozenset({"address", "text", "org_name", "division"})
NO_INPUT_S = 10.0


class AskField(ServiceState, frozen=True, kw_only=True):
    """Asks for ``slot``; ``page`` of its choices. ``fresh``: the service has only been named.

    ``going_on``: a beginning was given, and the caller is only told to go on. ``other``: not the
    number of the call.
    """

    misses: ClassVar[int] = 3
    stars: ClassVar[bool] = True
    # "算了" and "不要了" may be about this field alone.
    ends_lightly: ClassVar[bool] = False

    slot: str
    page: int = 0
    fresh: bool = False
    going_on: bool = False
    other: bool = False

    def same_question(self, other: State) -> bool:
        return isinstance(other, AskField) and (other.slot, other.page) == (self.slot, self.page)

    # --- the question --------------------------------------------------------------------

    def question(self, call: Call) -> Question:
        here = setting(call, self.slot)
        kind = kind_of(call, self.slot)
        speech = (*self._ask(call), *self._choices(call), *self._if_none(call))
        if _yes_no(self._type(call), here.choices):
            speech = (*speech, Say("ask.yes-keys"))
        expect = kind.expect(here)
        if here.choices:
            expect = (*expect, *(choice.name for choice in here.choices))
            return Question(speech, expect=tuple(dict.fromkeys(expect)))
        keys = kind.keys(here)
        hear = "digits" if kind.dictated else "open" if self._type(call) in _OPEN else "short"
        return Question(
            speech,
            keys=keys.max_digits if keys is not None else 1,
            inter_digit_s=keys.inter_digit_s if keys is not None else 0.0,
            expect=expect,
            hear=hear,
            no_input_s=NO_INPUT_S if kind.dictated or hear == "open" else 0.0,
            masked=kind.private,
        )

    def _ask(self, call: Call) -> Speech:
        if self._part(call):
            town = self._type(call) == "division"
            return (Say("svcform.go-on.town" if town else "svcform.go-on"),)
        prompt, text = question_of(call, self.slot)
        if self.other or (self._type(call) == "cn_mobile" and not offers_caller(call)):
            return (Say("svcform.mobile"),)
        return (named(call, prompt, text),)

    def _part(self, call: Call) -> str:
        """The beginning to go on from; one given before the caller went elsewhere is void."""
        return sheet(call).parts.get(self.slot, "") if self.going_on else ""

    def _choices(self, call: Call) -> Speech:
        """The choices with their keys, but for those who have just heard them in the question."""
        choices = spec_of(call, self.slot).choices
        if not choices or self._heard_already(call, choices):
            return ()
        shown = pages(choices)
        speech: list[AnySpeech] = []
        for number, choice in enumerate(shown[self._page(call)], start=1):
            speech += [choice_name(call, choice.name), Say(f"key.{number}")]
        if self._page(call) < len(shown) - 1:
            speech.append(Say("menu.more"))
        return tuple(speech)

    def _heard_already(self, call: Call, choices: tuple[Choice, ...]) -> bool:
        if call.by_keys or not call.speech or call.misses or call.unheard or self.page:
            return False
        _, text = question_of(call, self.slot)
        named_there = sum(
            any(name in text for name in (choice.name, choice.name[:2], *choice.say))
            for choice in choices
        )
        return named_there >= min(len(choices), 2)

    def _if_none(self, call: Call) -> Speech:
        """How to leave an optional field empty, where its question does not say so."""
        _, text = question_of(call, self.slot)
        if self.going_on or not spec_of(call, self.slot).optional:
            return ()
        if any(word in text for word in ("没有请", "不清楚", "不知道", "不记得", "直接按井号")):
            return ()
        return (Say("svcform.if-none"),)

    def _page(self, call: Call) -> int:
        return min(self.page, len(pages(spec_of(call, self.slot).choices)) - 1)

    def _type(self, call: Call) -> str:
        return call.data.knowledge.catalogue.slots[self.slot].type

    def takes_story(self, call: Call) -> bool:
        return self._type(call) == "text"

    def help(self, call: Call) -> Speech:
        """The field's own help."""
        return help_of(call, self.slot)

    def other_words(self, call: Call, move: Miss) -> Speech:
        """First the question again, then with the field's help and the keys."""
        if move.kind not in ("noinput", "nomatch") or call.misses + call.unheard < 2:
            return ()
        lead = Say("svcform.noinput" if move.kind == "noinput" else "svcform.nomatch")
        return (lead, *self.help(call), *self.question(call).speech, Say("svcform.zero"))

    # --- the answer ----------------------------------------------------------------------

    def keys(self, call: Call, digits: str) -> Move:
        here = setting(call, self.slot)
        if here.choices and digits:
            return self._key_choice(call, digits)
        if not digits:
            return self._hash(call)
        kind = kind_of(call, self.slot)
        if kind.keys(here) is None:
            return Miss(kind="bad-key", instead=(Say("svcform.speak"), *self._ask(call)))
        if self._type(call) == "cn_mobile" and digits == "2":
            return Go(state=replace(self, fresh=False, other=True))
        return self._take(call, kind.key(digits, here), "keys")

    def _key_choice(self, call: Call, digits: str) -> Move:
        shown = pages(spec_of(call, self.slot).choices)
        page = self._page(call)
        if digits == MORE and page < len(shown) - 1:
            return Go(state=replace(self, page=page + 1))
        if not digits.isdecimal() or not 1 <= int(digits) <= len(shown[page]):
            return Miss(kind="bad-key")
        name = shown[page][int(digits) - 1].name
        return self._fill(call, Value(name, digits), "keys")

    def _hash(self, call: Call) -> Move:
        """A lone #: "I have none", or "I cannot say it"."""
        if spec_of(call, self.slot).optional:
            return self._none(call)
        if kind_of(call, self.slot).keys(setting(call, self.slot)) is None:
            return self.without(call)
        return Miss(kind="bad-key", instead=(Say("svcform.needed"), *self.question(call).speech))

    def answered(self, call: Call, said: Said) -> Move:
        text = said.text
        here = setting(call, self.slot)
        wording = call.data.wording
        reply = answer(text)
        if self.fresh and not _yes_no(self._type(call), here.choices):
            if wording.wrong.whole(text):
                call.denied.add(form(call).intent)
                return Open((Say("open.other"),))
            if reply.yes is False and len(reply.rest) >= 4 and self._asks_else(call, reply.rest):
                call.denied.add(form(call).intent)
                return Understand(said=Said(reply.rest))
        part = self._part(call)
        if part and wording.unsure.whole(text):
            # The beginning is all that is known.
            whole = kind_of(call, self.slot).hear(part, here, part)
            if whole.value is not None:
                return self._take(call, whole, "speech", text)
        if here.slot.optional and (wording.unsure.whole(text) or wording.nothing.whole(text)):
            return self._none(call)
        if self._type(call) == "cn_mobile" and self._wants_other(call, text):
            return Go(state=replace(self, fresh=False, other=True))
        taken = kind_of(call, self.slot).hear(text, here, part)
        if kind_of(call, self.slot).dictated and not part and _in_passing(taken.part, text):
            taken = NOTHING
        if taken.value is not None or taken.part:
            return self._take(call, taken, "speech", text)
        if reply.yes is False and (changed := corrected(call, reply.rest or text)):
            return Proceed((Say("common.fixed"),), note=f"更正：{names(call, changed)}")
        if found := harvest(call, text, but=(self.slot,)):
            return Proceed(note=f"听到：{names(call, found)}")
        if wording.unsure.whole(text) and call.misses:
            return self.without(call)
        return self._take(call, taken, "speech", text)

    def _asks_else(self, call: Call, text: str) -> bool:
        result = call.data.knowledge.router.route(text)
        return result.decision == "sure" and result.intent != form(call).intent

    def _wants_other(self, call: Call, text: str) -> bool:
        wording = call.data.wording
        other = wording.other_number.whole(text) or wording.other_number.inside(text)
        return (other or answer(text).yes is False) and not any(map(str.isdigit, text))

    def _take(self, call: Call, taken: Taken, by: By, text: str = "") -> Move:
        if taken.value is not None:
            return self._fill(call, taken.value, by, text)
        if taken.part:
            put(call, parts={**sheet(call).parts, self.slot: taken.part})
            return Go(state=replace(self, going_on=True))
        if taken.problem and kind_of(call, self.slot).dictated:
            # What was dictated is wrong as a whole, and is asked for from its beginning.
            put(call, parts={k: v for k, v in sheet(call).parts.items() if k != self.slot})
        if taken.problem in call.data.prompts:
            return Miss(kind="bad-key", instead=(Say(taken.problem), *self.question(call).speech))
        return Miss(kind="bad-key" if by == "keys" else "nomatch")

    def _fill(self, call: Call, value: Value, by: By, text: str = "") -> Move:
        fill(call, self.slot, value, by)
        call.form = replace(form(call), confirmed=True)
        found = harvest(call, text, but=(self.slot,)) if text else ()
        return Proceed(note=f"填写：{names(call, (self.slot, *found))}")

    def _none(self, call: Call) -> Move:
        return self._fill(call, Value("", "没有"), "speech")

    def without(self, call: Call) -> Move:
        """Go on without this field: it comes on the link, or somebody asks for it."""
        leave_out(call, self.slot)
        call.form = replace(form(call), confirmed=True)
        on_link = sheet(call).filled[self.slot].by == "link"
        say = Say("svcform.left.link" if on_link else "svcform.left.call")
        return Proceed((say,), note=f"暂缺：{names(call, (self.slot,))}")

    def speech_lost(self, call: Call, say: Speech) -> Move:
        return Proceed(say)

    def missed(self, call: Call) -> Move | None:
        """Nobody who speaks is kept at a field that cannot be understood."""
        if call.unheard:
            return None
        return self._none(call) if spec_of(call, self.slot).optional else self.without(call)


def unkeyable(call: Call, slot: str) -> bool:
    """Whether there is no way to give ``slot`` by keys."""
    here = setting(call, slot)
    return not here.choices and kind_of(call, slot).keys(here) is None


def offers_caller(call: Call) -> bool:
    """Whether the number of the call is one that an SMS can be sent to."""
    number = phone_number(call.caller) if call.caller else None
    return number is not None and number.startswith("1")


def names(call: Call, slots: tuple[str, ...]) -> str:
    """The labels of ``slots``, for the transcript: never their values."""
    return "、".join(spec_of(call, slot).label for slot in slots)


def _in_passing(part: str, text: str) -> bool:
    """Whether the few digits of a sentence ("我叫张三", "五辆") are no beginning of a dictation."""
    if not part.isascii():
        return False
    return (len(part) == 1 and len(text) > 1) or (len(part) == 2 and len(text) > 5)


def _yes_no(type_: str, choices: tuple[Choice, ...]) -> bool:
    return type_ == "bool" and not choices
