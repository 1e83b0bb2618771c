"""What callers ask in the middle of a form: what is meant, what to bring, how long, who."""

from __future__ import annotations

from flows.commands import Say, Text
from flows.dialogue.call import Call
from flows.dialogue.moves import Go, Move, Speech
from flows.dialogue.service.form import label, named, on_the_link, service
from flows.dialogue.service.reading import in_parts, read
from flows.dialogue.state import State
from flows.prompts import spoken_material, spoken_name

# A longer sentence is an answer or a story, whatever words it has.
SHORT = 16


def answer_aside(call: Call, text: str, state: State) -> Move | None:
    """What to say to ``text`` if it is a question about the service, None if it is not."""
    wording = call.data.wording
    if len(text) > SHORT:
        return None
    if wording.help.whole(text) or wording.help.inside(text):
        return help_with(call, state)
    if wording.materials.inside(text):
        return tell_materials(call, state)
    if wording.how_long.inside(text):
        return Go(time_limit(call), state=state)
    if wording.which_unit.inside(text):
        return Go(units(call), state=state)
    if wording.for_whom.inside(text):
        return Go(audience(call), state=state)
    return None


def help_with(call: Call, state: State) -> Move:
    """What the question is about, and the question again."""
    return Go(state.help(call), state=state)


def tell_materials(call: Call, state: State) -> Move:
    """The materials, read in parts, and then ``state`` again."""
    pieces = materials(call)
    if not pieces:
        return Go((Say("svcform.materials.none"),), state=state)
    lead: Speech = (Say("svcform.materials.lead"),)
    return read(in_parts(call.data, pieces), state, lead)


def materials(call: Call) -> list[Speech]:
    """One piece of speech for each material."""
    return [
        (named(call, f"material.{name}", spoken_material(name)),)
        for name in service(call).materials
    ]


def time_limit(call: Call) -> Speech:
    """How long it takes, as far as it is settled."""
    item = service(call)
    if item.promise_workdays is None:
        return (Say("svcform.time.unknown"),)
    if item.promise_workdays == 0:
        return (Say("svcform.time.now"),)
    return (Say("svcform.time.lead"), days(call, item.promise_workdays))


def days(call: Call, number: int) -> Say | Text:
    """A number of working days."""
    prompt = f"svcform.days.{number}"
    return Say(prompt) if prompt in call.data.prompts else Text(f"{number}个工作日")


def units(call: Call) -> Speech:
    """Which units do it."""
    named_units = [named(call, f"unit.{unit}", spoken_name(unit)) for unit in service(call).units]
    return (Say("svcform.unit.lead"), *named_units)


def audience(call: Call) -> Speech:
    """Who it is for."""
    whom = {"个人": "svcform.for.person", "企业": "svcform.for.enterprise"}
    prompt = whom.get(service(call).audience, "svcform.for.both")
    return (Say(prompt),)


def link_fields(call: Call) -> Speech:
    """What is left to the SMS link, () if nothing."""
    slots = on_the_link(call)
    if not slots:
        return ()
    return (Say("svcform.on-link"), *(label(call, slot) for slot in slots))
