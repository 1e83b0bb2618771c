"""Where it is: asked from county to town to place, and only for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import msgspec
from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Form
from flows.dialogue.choices import MORE, pages, spoken
from flows.dialogue.data import FieldName
from flows.dialogue.fields import FieldState, current, settle
from flows.dialogue.harvest import known, merged, place_in
from flows.dialogue.moves import Go, Miss, Move, Proceed
from flows.dialogue.state import Question
from flows.gazetteer import County, Town
from flows.ticket import Place
from flows.values.choice import chosen
from flows.values.words import bare

Step = Literal["any", "county", "town", "town-keys", "detail", "done"]
_ASK = {"any": "form.where", "town": "form.where.town", "detail": "form.where.detail"}


def next_step(call: Call, form: Form) -> Step:
    """What is still missing of the place."""
    place = form.place
    keys_only = call.by_keys or not call.speech
    if "where" in form.settled:
        return "done"
    if not place.county:
        return "county" if keys_only or place.place else "any"
    if place.place:
        return "done"
    if not place.town:
        return "town-keys" if keys_only else "town"
    return "done" if keys_only else "detail"


class Where(FieldState, frozen=True):
    """The place. Which part is asked follows from what is known (:func:`next_step`)."""

    name: ClassVar[FieldName] = "where"

    page: int = 0

    def question(self, call: Call) -> Question:
        step = next_step(call, current(call))
        if step in ("county", "town-keys"):
            return self._choices(call, step)
        speech = (Say(_ASK.get(step, "form.where")),)
        return Question(speech, expect=("不清楚", "不知道"), hear="open")

    def _choices(self, call: Call, step: Step) -> Question:
        kind = "county" if step == "county" else "town"
        shown = pages(_places(call, step))
        page = shown[min(self.page, len(shown) - 1)]
        road = kind == "county" and bool(current(call).place.place)
        lead = "menu.town.ask" if kind == "town" else f"form.where.{'road' if road else 'county'}"
        names = [f"{kind}.{place.code}" for place in page]
        speech = (
            Say(lead),
            *spoken(names, more=self.page < len(shown) - 1),
            Say("menu.unsure"),
        )
        return Question(speech, expect=tuple(place.name for place in page))

    def keys(self, call: Call, digits: str) -> Move:
        form = current(call)
        step = next_step(call, form)
        if step == "detail" or not digits:
            return settle(call, "where", form)
        if step not in ("county", "town-keys"):
            return Proceed()
        shown = pages(_places(call, step))
        page = min(self.page, len(shown) - 1)
        if digits == MORE and page < len(shown) - 1:
            return Go(state=msgspec.structs.replace(self, page=page + 1))
        if not 1 <= int(digits) <= len(shown[page]):
            return super().keys(call, digits)
        return self._take(call, _place_of(call, shown[page][int(digits) - 1]))

    def take(self, call: Call, text: str) -> Move:
        form = current(call)
        step = next_step(call, form)
        wording = call.data.wording
        if wording.unsure.whole(text) or (step == "detail" and wording.nothing.whole(text)):
            return settle(call, "where", form)
        found = place_in(call, text)
        if step in ("county", "town-keys") and not found.county:
            places = _places(call, step)
            index = chosen(text, [place.name for place in places])
            if index is not None:
                found = _place_of(call, places[index])
        if step == "detail" and not found.place:
            return self._take(call, Place(said=text, place=bare(text)))
        if known(found) and merged(form.place, found) != form.place:
            return self._take(call, found)
        if call.misses and len(bare(text)) >= 2:
            words = Place(said=text, place=form.place.place or bare(text))
            return settle(call, "where", replace(form, place=merged(form.place, words)))
        return Miss(instead=() if step != "any" else (Say("form.where.retry"),))

    def _take(self, call: Call, found: Place) -> Move:
        form = current(call)
        call.form = replace(form, place=merged(form.place, found))
        return Proceed()

    def missed(self, call: Call) -> Move | None:
        """A place that cannot be understood is no reason to lose the matter."""
        return settle(call, "where", current(call)) if call.unheard == 0 else None


def _counties(call: Call) -> Sequence[County]:
    return call.data.knowledge.gazetteer.data.counties


def _places(call: Call, step: Step) -> Sequence[County | Town]:
    if step == "county":
        return _counties(call)
    county = current(call).place.county_code
    towns = call.data.knowledge.gazetteer.data.towns
    return [town for town in towns if town.code.startswith(county)]


def _place_of(call: Call, choice: County | Town) -> Place:
    gazetteer = call.data.knowledge.gazetteer
    county = gazetteer.county(choice.code[:6])
    assert county is not None
    if isinstance(choice, County):
        return Place(said=choice.name, county=choice.name, county_code=choice.code)
    return Place(
        said=county.name + choice.name,
        county=county.name,
        county_code=county.code,
        town=choice.name,
        town_code=choice.code,
    )
