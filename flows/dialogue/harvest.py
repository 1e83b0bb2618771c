"""Taking from one sentence whatever fields it fills."""

from __future__ import annotations

from msgspec.structs import replace

from flows.dialogue.call import Call, Form
from flows.dialogue.data import Wording
from flows.gazetteer import Gazetteer
from flows.ticket import Confidentiality, Place
from flows.values.phone import phone_in
from flows.values.roads import road_in
from flows.values.when import when_in

SHORT = 20


def place_in(call: Call, text: str) -> Place:
    """The place that ``text`` names, in the gazetteer's terms or at least as a road's name."""
    return place_named(call.data.knowledge.gazetteer, text)


def place_named(gazetteer: Gazetteer, text: str) -> Place:
    """As :func:`place_in`, outside a dialogue."""
    place = gazetteer.find(text)
    road = road_in(text)
    if road and (not place.place or place.place in road):
        place = replace(place, place=road)
    found = place.county or place.town or place.place
    if not found:
        return Place()
    said = (
        text
        if len(text) <= SHORT
        else "".join(
            dict.fromkeys(part for part in (place.county, place.town, place.place) if part)
        )
    )
    return replace(place, said=said)


def known(place: Place) -> bool:
    """Whether anything is known of where."""
    return bool(place.county or place.town or place.place)


def merged(old: Place, new: Place) -> Place:
    """``old`` with what ``new`` adds; where they contradict each other ``new`` is right."""
    if new.county_code and old.county_code and new.county_code != old.county_code:
        return replace(new, place=new.place or old.place)
    if new.town_code and old.town_code and new.town_code != old.town_code:
        return replace(new, place=new.place or old.place)
    parts = [old.said, new.said] if new.said not in old.said else [old.said]
    return Place(
        said="，".join(part for part in parts if part),
        county=new.county or old.county,
        county_code=new.county_code or old.county_code,
        town=new.town or old.town,
        town_code=new.town_code or old.town_code,
        place=new.place or old.place,
    )


def harvest(call: Call, form: Form, text: str, *, override: bool = False) -> Form:
    """``form`` with the fields that ``text`` fills; what is known stays unless ``override``."""
    place = place_in(call, text)
    if known(place):
        if override:
            form = replace(form, place=merged(form.place, place))
        elif not form.place.county or not form.place.place:
            form = replace(form, place=merged(place, form.place))
    when = when_in(text)
    if when and (override or not form.occurred):
        form = replace(form, occurred=when)
    number = phone_in(text)
    if number and (override or not form.contact):
        form = replace(form, contact=number, own_number=number == call.caller)
    if (form.confidential is None or override) and (wished := secrecy(call, text)):
        form = replace(form, confidential=wished)
    return form


def secrecy(call: Call, text: str) -> Confidentiality | None:
    """What ``text`` says about keeping the caller's name back, None if nothing."""
    return secrecy_in(call.data.wording, text)


def secrecy_in(wording: Wording, text: str) -> Confidentiality | None:
    """As :func:`secrecy`, outside a dialogue."""
    if wording.no_secret.whole(text) or wording.no_secret.inside(text):
        return "公开"
    if wording.secret_all.inside(text):
        return "全程保密"
    if wording.secret.whole(text) or wording.secret.inside(text):
        return "对承办单位隐名"
    return None
