"""What a talk between operator and caller says about the ticket's fields.

Pure: from the whole talk so far to the draft with what was heard. Computed anew after every
sentence, so that nothing depends on when it was asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec
from msgspec.structs import replace

from flows import applying
from flows.dialogue.data import FlowData
from flows.dialogue.drafts import ASKED_FOR_PERSON
from flows.dialogue.harvest import known, merged, place_named, secrecy_in
from flows.routing.intents import Intent
from flows.routing.result import RouteResult, Scored
from flows.ticket import Confidentiality, Place, Recognised, TicketDraft, TicketType, Urgency
from flows.values.name import NAME
from flows.values.namedata import NAME_WORDS
from flows.values.phone import phone_in
from flows.values.places import grid_in
from flows.values.value import Setting
from flows.values.when import when_in
from flows.values.words import bare
from flows.values.yes_no import answer

Field = Literal[
    "intent",
    "type",
    "urgency",
    "units",
    "content",
    "place",
    "grid_code",
    "occurred",
    "contact_number",
    "contact_name",
    "confidential",
]
FIELDS: Final[tuple[Field, ...]] = get_args(Field)
LONGEST = 1000
# What the fields of a service's form begin with.
OF_SERVICE: Final = "application."
# Shorter sentences answer a question; they tell no matter.
_TELLS = 8
_TYPES: Final = frozenset(get_args(TicketType))
_URGENCIES: Final[tuple[Urgency, ...]] = ("一般", "紧急", "特急")
_SURNAMED = re.compile(r"(?:我|免贵|本人)姓(?P<name>[㐀-鿿]{1,2})")
_SOME_TIME = datetime(2026, 1, 1)


class Spoken(msgspec.Struct, frozen=True):
    """One finished sentence of the talk."""

    speaker: Literal["caller", "operator"]
    text: str


class Offer(msgspec.Struct, frozen=True):
    """What was heard for a field that has another value already; a person decides.

    ``shown`` is the value as people read it, ``words`` the sentence it was heard in.
    """

    field: Field
    value: msgspec.Raw
    shown: str
    words: str


class Filling(msgspec.Struct, frozen=True):
    """A draft with what was heard, and where each of these values comes from.

    ``sources``: by field, the sentence that filled it ("application.name" for a service's field).
    ``alternatives``: what else the caller may mean. ``emergency``: the kind of emergency heard in
    the talk, "" if none.
    """

    draft: TicketDraft
    sources: dict[str, str] = {}
    offers: tuple[Offer, ...] = ()
    alternatives: tuple[Scored, ...] = ()
    emergency: str = ""


class _Heard(msgspec.Struct):
    """What the sentences gave so far, each with the sentence."""

    intent: RouteResult | None = None
    place: Place = Place()
    occurred: str = ""
    number: str = ""
    name: str = ""
    secrecy: Confidentiality | None = None
    matter: list[str] = []
    emergency: str = ""
    words: dict[Field, str] = {}


def fill(
    data: FlowData,
    draft: TicketDraft,
    talk: Sequence[Spoken],
    kept: frozenset[str] = frozenset(),
    *,
    caller: str = "",
    now: datetime | None = None,
) -> Filling:
    """``draft`` with what ``talk`` says about the fields that are empty in it.

    ``kept`` are fields that a person has set: they stay as they are, and nothing else is
    offered for them. ``now`` is the day that "明天" is counted from, ``caller`` the calling number.
    """
    told = tuple(_as_told(talk))
    heard = _listen(data, told)
    sources: dict[str, str] = {}
    offers: list[Offer] = []

    def put(field: Field, value: object, empty: bool, same: bool, shown: str) -> bool:
        """Whether ``value`` is to be filled in; where something else stands, it is offered."""
        words = heard.words.get(field, "")
        if field in kept or same or not value:
            return False
        if empty:
            sources[field] = words
            return True
        offers.append(Offer(field, msgspec.Raw(msgspec.json.encode(value)), shown, words))
        return False

    found = heard.intent
    if found is not None:
        old = draft.recognised.intent
        if put("intent", found.intent, not old, found.intent == old, found.name):
            recognised = Recognised(found.intent, found.name, round(found.score, 3), False)
            draft = replace(draft, recognised=recognised)
            intent = data.knowledge.intents[found.intent]
            words = heard.words["intent"]
            draft, followed = following(draft, intent, kept)
            sources |= dict.fromkeys(followed, words)
    place = merged(draft.place, heard.place) if known(draft.place) else heard.place
    if known(heard.place) and "place" not in kept and place != draft.place:
        if _agree(draft.place, heard.place):
            sources["place"] = heard.words["place"]
            draft = replace(draft, place=place)
        else:
            put("place", heard.place, False, False, place_shown(heard.place))
    grid = grid_of(draft.place, *(one.text for one in talk if one.speaker == "caller"))
    heard.words["grid_code"] = heard.words.get("place", "")
    if put("grid_code", grid, not draft.grid_code, grid == draft.grid_code, grid):
        draft = replace(draft, grid_code=grid)
    if put(
        "occurred", heard.occurred, not draft.occurred, _says(draft.occurred, heard), heard.occurred
    ):
        draft = replace(draft, occurred=heard.occurred)
    old_number = draft.contact_number
    if put("contact_number", heard.number, not old_number, heard.number == old_number, ""):
        draft = replace(draft, contact_number=heard.number)
    old_name = draft.contact_name
    if put("contact_name", heard.name, not old_name, old_name.startswith(heard.name), heard.name):
        draft = replace(draft, contact_name=heard.name)
    wish = heard.secrecy
    public = draft.confidential == "公开"
    if wish is not None and put(
        "confidential", wish, public, wish == draft.confidential, wish or ""
    ):
        draft = replace(draft, confidential=wish)
    matter = "；".join(heard.matter)[:LONGEST]
    if put("content", matter, untold(draft), True if not untold(draft) else not matter, matter):
        draft = replace(draft, content=matter)
    if draft.application is not None:
        application, words_of = applying.heard(
            data,
            draft.application,
            [one.text for one in told],
            caller=caller,
            now=now,
            kept=[field.removeprefix(OF_SERVICE) for field in kept if field.startswith(OF_SERVICE)],
        )
        sources |= {f"{OF_SERVICE}{slot}": text for slot, text in words_of.items()}
        draft = replace(draft, application=application)
    return Filling(
        draft,
        sources,
        tuple(offers),
        found.likely(4)[1:] if found is not None else (),
        heard.emergency,
    )


def following(
    draft: TicketDraft, intent: Intent, kept: Iterable[str] = ()
) -> tuple[TicketDraft, tuple[Field, ...]]:
    """``draft`` with type, urgency and units as ``intent`` has them, and which have changed.

    Fields in ``kept`` stay.
    """
    kept = frozenset(kept)
    changed: list[Field] = []
    type_ = type_of(intent)
    if intent.kind == "svc":
        service = intent.id.removeprefix("svc.")
        if draft.application is None or draft.application.service != service:
            # Without the service's own form nobody can hand it in: they ask about it.
            draft = replace(draft, application=None)
            type_ = "咨询"
        draft = replace(draft, service=service)
    else:
        draft = replace(draft, service="", application=None)
    if "type" not in kept and type_ != draft.type:
        draft = replace(draft, type=type_)
        changed.append("type")
    if "urgency" not in kept and _URGENCIES.index(intent.urgency) > _URGENCIES.index(draft.urgency):
        draft = replace(draft, urgency=intent.urgency)
        changed.append("urgency")
    if "units" not in kept and intent.units and intent.units != draft.units:
        draft = replace(draft, units=intent.units)
        changed.append("units")
    return draft, tuple(changed)


def type_of(intent: Intent) -> TicketType:
    """The type of a ticket about ``intent``; 其他 for what is no matter to take down."""
    if intent.type == "便民":
        return "求助"
    return intent.type if intent.type in _TYPES else "其他"  # type: ignore[return-value]


def takes_down(intent: Intent) -> bool:
    """Whether ``intent`` is a matter that a ticket can be about."""
    return type_of(intent) != "其他"


def untold(draft: TicketDraft) -> bool:
    """Whether the draft does not say yet what it is about."""
    return draft.content in ("", ASKED_FOR_PERSON)


def grid_of(place: Place, *texts: str) -> str:
    """The grid or community that the place or one of ``texts`` names, "" if none."""
    for text in (place.place, place.said, *texts):
        if text and (code := grid_in(text, place.town_code)):
            return code
    return ""


def place_shown(place: Place) -> str:
    """County, town and place in a row."""
    return "".join(dict.fromkeys(part for part in (place.county, place.town, place.place) if part))


def _as_told(talk: Sequence[Spoken]) -> Iterable[Spoken]:
    """The caller's sentences, and those of the operator to which the caller said yes."""
    asked = ""
    for one in talk:
        if one.speaker == "operator":
            asked = one.text
            continue
        if asked and answer(one.text).yes is True:
            yield Spoken("operator", asked)
        asked = ""
        yield one


def _listen(data: FlowData, told: Iterable[Spoken]) -> _Heard:
    heard = _Heard(matter=[], words={})
    for one in told:
        text = one.text
        place = place_named(data.knowledge.gazetteer, text)
        if known(place):
            heard.place = merged(heard.place, place)
            heard.words["place"] = text
        if number := phone_in(text):
            heard.number = number
            heard.words["contact_number"] = text
        if one.speaker == "operator":
            continue
        if when := when_in(text):
            # The first is when it happened; later ones are often about when somebody comes.
            heard.occurred = heard.occurred or when
            heard.words.setdefault("occurred", text)
        if name := name_in(data, text):
            heard.name = name if len(name) >= len(heard.name) else heard.name
            heard.words["contact_name"] = text
        if wish := secrecy_in(data.wording, text):
            heard.secrecy = wish
            heard.words["confidential"] = text
        private = (
            heard.words.get("contact_number") == text or heard.words.get("contact_name") == text
        )
        _matter(data, heard, text, tells=not private and not wish)
    return heard


def _matter(data: FlowData, heard: _Heard, text: str, *, tells: bool) -> None:
    """Take the matter out of a sentence; where it ``tells`` who speaks, it is no content."""
    if len(bare(text)) < 4:
        return
    result = data.knowledge.router.route(text)
    if result.emergency:
        heard.emergency = result.emergency
    intent = data.knowledge.intents.get(result.intent)
    if intent is None or not takes_down(intent):
        if tells and len(bare(text)) >= _TELLS and heard.matter and answer(text).yes is None:
            heard.matter.append(text)
        return
    if tells:
        heard.matter.append(text)
        heard.words.setdefault("content", text)
    if result.decision == "sure" and (
        heard.intent is None or result.emergency or result.score > heard.intent.score
    ):
        heard.intent = result
        heard.words["intent"] = text


def name_in(data: FlowData, text: str) -> str:
    """The name or surname that the speaker gives for themselves, "" if none."""
    slot = data.knowledge.catalogue.slots["name"]
    setting = Setting(slot, (), _SOME_TIME, "", "", data.knowledge.gazetteer)
    found = NAME.find(text, setting).value
    if found is not None:
        return found.text
    hit = _SURNAMED.search(text)
    if hit is None:
        return ""
    said = hit["name"]
    if said in NAME_WORDS.compound:
        return said
    return said[0] if said[0] in NAME_WORDS.surnames else ""


def _agree(old: Place, new: Place) -> bool:
    """Whether ``new`` adds to ``old`` without contradicting it."""
    if not new.county_code.startswith(old.county_code) and new.county_code:
        return False
    if old.town_code and new.town_code and old.town_code != new.town_code:
        return False
    if not old.place or not new.place:
        return True
    return new.place in old.place or old.place in new.place


def _says(occurred: str, heard: _Heard) -> bool:
    return not heard.occurred or heard.occurred in occurred
