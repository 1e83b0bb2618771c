"""What is wrong with a service or a slot as it is written, told without hearing a word.

A service that is complained of here could not be carried through a call, so the data with it is
not used. Each complaint is a key path below the service or slot, and a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import lru_cache

from flows.catalogue import Catalogue, Category, Choice, FieldUse, Service, SlotSpec
from flows.phrases import sample
from flows.values.kinds import KINDS
from flows.yamlfile import Document, KeyPath, Problem

Complaint = tuple[KeyPath, str]

CONSENT = "consent"
MOBILE = "mobile"
APPOINT = "appoint"
# What proves who somebody is, and the type that its slot must have.
PROOF_TYPES: Mapping[str, Set[str]] = {
    "name": {"person_name", "org_name"},
    "id_no": {"cn_id18"},
    "uscc_tail": {"uscc18"},
}
# Ids of prompts are names of files.
_NOT_IN_FILES = set('/\\:*?"<>|\n\t')
_BRACKETS = (("(", ")"), ("（", "）"), ("[", "]"), ("“", "”"))
_MOST_DAYS = 365
_NUMBERS = {"int", "number", "money"}
_COUNTED = {"digits", "digits4", "alnum", "cn_id18"}


def catalogue_problems(catalogue: Catalogue) -> list[Problem]:
    """Why ``catalogue`` must not be used, by file and line; empty if it may."""
    problems: list[Problem] = []
    slots = catalogue.slots_document
    for name, slot in slots.value.items() if slots else ():
        assert slots is not None
        problems += (slots.problem(text, name, *path) for path, text in slot_complaints(slot))
    for document in catalogue.documents:
        problems += category_problems(document, catalogue)
    return problems


def category_problems(document: Document[Category], catalogue: Catalogue) -> list[Problem]:
    """Why one file of services must not be used beside the slots and units of ``catalogue``."""
    units = set(catalogue.units)
    problems = [] if document.value.items else [document.problem("has no service", "items")]
    if fault := unfit(document.value.name):
        problems.append(document.problem(f"{document.value.name!r} {fault}", "name"))
    for index, item in enumerate(document.value.items):
        problems += (
            document.problem(text, "items", index, *path)
            for path, text in service_complaints(item, catalogue.slots, units)
        )
    return problems


def slot_complaints(slot: SlotSpec) -> Iterator[Complaint]:
    """What is wrong with a slot by itself."""
    if slot.type not in KINDS:
        yield ("type",), f"there is no type {slot.type}; there are {', '.join(sorted(KINDS))}"
    for key, text in (("label", slot.label), ("prompt", slot.prompt), ("help", slot.help)):
        if fault := unfit(text):
            yield (key,), f"{text!r} {fault}"
    yield from _choices(slot.choices, ())
    if slot.choices and slot.type != "choice":
        yield ("choices",), f"only a slot of type choice has choices, this one is {slot.type}"
    if slot.least is not None and slot.most is not None and slot.least > slot.most:
        yield ("least",), f"{slot.least} is more than most, which is {slot.most}"
    bounded = slot.least is not None or slot.most is not None
    if bounded and slot.type not in _NUMBERS | _COUNTED:
        yield ("least",), f"least and most are for numbers and digits, not for {slot.type}"
    if slot.unit and slot.type not in _NUMBERS:
        yield ("unit",), f"a {slot.type} has no unit"
    if slot.type == "bank_card" and not slot.link:
        yield (), "a bank card is never taken by telephone: needs link: true"
    if slot.link and slot.dtmf:
        yield ("dtmf",), "what is left to the SMS link is not keyed"


def service_complaints(
    item: Service, slots: Mapping[str, SlotSpec], units: Set[str]
) -> Iterator[Complaint]:
    """What is wrong with a service, given all slots and units."""
    references = [*_references(item, slots, units)]
    yield from references
    yield from _texts(item)
    if not references:
        yield from _fields(item, slots)
        yield from _mode(item, slots)
        yield from _identity(item, slots)
    if (item.promise_workdays or 0) > (item.legal_workdays or _MOST_DAYS):
        yield ("promise_workdays",), "promises later than the law allows (legal_workdays)"
    for key, days in (
        ("legal_workdays", item.legal_workdays),
        ("promise_workdays", item.promise_workdays),
    ):
        if days is not None and not 0 <= days <= _MOST_DAYS:
            yield (key,), f"{days} is no number of working days"


def _references(
    item: Service, slots: Mapping[str, SlotSpec], units: Set[str]
) -> Iterator[Complaint]:
    """Slots and units that a service names exist, and none is named twice."""
    asked = tuple(field.slot for field in item.fields)
    for key, named, known, file in (
        ("slots", asked, set(slots), "slots.yaml"),
        ("units", item.units, units, "units.yaml"),
    ):
        if not named:
            yield (key,), "names none"
        for place, name in enumerate(named):
            if name not in known:
                yield (key, place), f"{name} is not in {file}"
            elif name in named[:place]:
                yield (key, place), f"{name} is given twice"


def _texts(item: Service) -> Iterator[Complaint]:
    """What is said is not empty and not said twice, and what is an id can be one."""
    for key, texts in (
        ("name", (item.name,)),
        ("aliases", item.aliases),
        ("phrases", item.phrases),
        ("materials", item.materials),
        ("warnings", item.warnings),
    ):
        for place, text in enumerate(texts):
            path: KeyPath = (key,) if key == "name" else (key, place)
            fault = _unreadable(text) if key == "phrases" else unfit(text)
            if fault:
                yield path, f"{text!r} {fault}"
            elif text in texts[:place]:
                yield path, f"{text} is given twice"
            elif key == "materials" and (bad := _NOT_IN_FILES & set(text)):
                yield path, f"must do without {' '.join(sorted(bad))}"
    if item.closing and (fault := unfit(item.closing)):
        yield ("closing",), f"{item.closing!r} {fault}"
    if not item.aliases:
        yield ("aliases",), "names none: people say it in more than one way"
    if not item.phrases:
        yield ("phrases",), "there is none: nobody who says a sentence would be understood"


def unfit(text: str) -> str:
    """Why ``text`` cannot be said, "" if it can."""
    if not text.strip():
        return "is empty: there must be words to say"
    if any(text.count(one) != text.count(other) for one, other in _BRACKETS):
        return "opens a bracket without closing it, or the other way round"
    return ""


@lru_cache(maxsize=4096)
def _unreadable(pattern: str) -> str:
    """Why ``pattern`` is no phrase pattern, "" if it is one."""
    try:
        sample(pattern)
    except ValueError as error:
        return str(error)
    return ""


def _choices(choices: tuple[Choice, ...], above: KeyPath) -> Iterator[Complaint]:
    said: dict[str, str] = {}
    for place, choice in enumerate(choices):
        path = (*above, "choices", place)
        if fault := unfit(choice.name):
            yield (*path, "name"), f"{choice.name!r} {fault}"
        if bad := _NOT_IN_FILES & set(choice.name):
            yield (*path, "name"), f"must do without {' '.join(sorted(bad))}"
        for number, word in enumerate((choice.name, *choice.say)):
            at = (*path, "say", number - 1) if number else (*path, "name")
            if not word.strip():
                yield at, "is empty"
            elif word in said:
                yield at, f"{word} already means {said[word]}"
            said[word] = choice.name
    if len(choices) == 1:
        yield (*above, "choices"), "there is nothing to choose"


def _fields(item: Service, slots: Mapping[str, SlotSpec]) -> Iterator[Complaint]:
    """Choices are where they belong, and conditions can come true before they are needed."""
    before: dict[str, FieldUse] = {}
    for place, field in enumerate(item.fields):
        path: KeyPath = ("slots", place)
        slot = slots[field.slot]
        if field.ask and (fault := unfit(field.ask)):
            yield (*path, "ask"), f"{field.ask!r} {fault}"
        yield from _choices(field.choices, path)
        if field.choices and slot.type != "choice":
            yield (*path, "choices"), f"{field.slot} is no choice but {slot.type}"
        if slot.type == "choice" and not choices_of(field, slots):
            yield path, f"{field.slot} has no choices, neither here nor in slots.yaml"
        for name, values in field.when.items():
            at = (*path, "when", name)
            if not values:
                yield at, "names no value: this would never be asked"
            if name not in before:
                yield at, f"{name} is not asked before {field.slot}"
                continue
            known = [choice.name for choice in choices_of(before[name], slots)]
            if not known:
                yield at, f"{name} is no choice, so nothing can depend on it"
                continue
            for number, value in enumerate(values):
                if value not in known:
                    message = f"{name} is never {value}; it is {', '.join(known)}"
                    yield (*at, number), message
            if set(values) >= set(known):
                yield at, f"is always so, whatever {name} is"
        before[field.slot] = field


def choices_of(field: FieldUse, slots: Mapping[str, SlotSpec]) -> tuple[Choice, ...]:
    """The choices of a field: the service's own, else the slot's."""
    return field.choices or slots[field.slot].choices


def _certain(slot: str, item: Service, slots: Mapping[str, SlotSpec]) -> bool:
    """Whether a form that is full has a value for ``slot``, whoever calls."""
    for field in item.fields:
        if field.slot == slot:
            optional = slots[slot].optional if field.optional is None else field.optional
            return not (optional or field.when or slots[slot].link)
    return False


def _mode(item: Service, slots: Mapping[str, SlotSpec]) -> Iterator[Complaint]:
    """A mode has what it needs, and nothing that contradicts it."""
    asked = {field.slot for field in item.fields}

    def needs(slot: str, why: str) -> Iterator[Complaint]:
        if not _certain(slot, item, slots):
            yield ("slots",), f"{why} needs the slot {slot}, always asked and never empty"

    yield from needs(MOBILE, "every service")
    if item.mode in ("done", "assist"):
        yield from needs(CONSENT, f"mode {item.mode}")
    elif CONSENT in asked:
        yield ("slots",), f"mode {item.mode} hands nothing in, so {CONSENT} is not asked"
    if item.mode == "book":
        yield from needs(APPOINT, "mode book")
    elif APPOINT in asked:
        yield ("mode",), f"asks for {APPOINT} and is not booked: mode must be book"
    if item.sms_link != (item.mode == "assist"):
        yield ("sms_link",), "is for mode assist, and mode assist needs it"
    if item.mode == "assist" and not item.materials:
        yield ("materials",), "mode assist collects materials, and there are none"
    if item.mode in ("query", "done"):
        if item.materials:
            yield ("materials",), f"mode {item.mode} collects no materials"
        if item.promise_workdays != 0:
            yield ("promise_workdays",), f"mode {item.mode} is at once: 0"
    links = [field.slot for field in item.fields if slots[field.slot].link]
    if links and not item.sms_link:
        yield ("sms_link",), f"{links[0]} is taken on the SMS link, and there is none"


def _identity(item: Service, slots: Mapping[str, SlotSpec]) -> Iterator[Complaint]:
    """The caller can be identified as surely as ``verify`` asks."""
    if item.verify == "L3" and not item.sms_link:
        yield ("verify",), "L3 needs the SMS link"
    if item.verify == "L0" and item.mode != "query":
        yield ("verify",), "L0 is for public information only"
    types = {field.slot: slots[field.slot].type for field in item.fields}
    if item.verify == "L1" and "person_name" not in types.values():
        yield ("verify",), "L1 needs a slot with somebody's name"
    for part, slot in item.proof.items():
        if types.get(slot) not in PROOF_TYPES[part]:
            wanted = " or ".join(sorted(PROOF_TYPES[part]))
            yield ("identity", part), f"{slot} is not asked as {wanted}"
    if item.verify not in ("L2", "L3"):
        return
    identity = item.identity
    if "name" not in identity or not {"id_no", "uscc_tail"} & set(identity):
        message = "needs name and id_no, or org and uscc, or an identity mapping"
        yield ("verify",), f"{item.verify} {message}"
    for part, slot in identity.items():
        if not _certain(slot, item, slots):
            yield ("slots",), f"{item.verify} needs {slot} as {part}, always"
