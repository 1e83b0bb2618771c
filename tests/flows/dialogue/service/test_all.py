"""Every service of the catalogue comes to its end: by keys, by voice, and mixed."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from flows.requests import BookSlot, CheckCode, CheckIdentity, QueryService, SendCode, SendLink
from flows.simulator import Simulation
from flows.ticket import Application
from tests.flowdata import CODES
from tests.flows.dialogue.service.caller import Caller, How


def finished(data: FlowData, code: str, how: How, choice: int = 0) -> tuple[Simulation, Caller]:
    call = Simulation(data)
    call.start()
    call.type(f"#{code}")
    caller = Caller(data, call, how, choice)
    caller.finish()
    return call, caller


def application(call: Simulation) -> Application:
    (command,) = call.filed
    assert command.draft.complete
    assert not command.draft.call_back
    assert command.draft.application is not None
    return command.draft.application


def story(call: Simulation) -> str:
    return "\n".join(f"{line.who}: {line.text}" for line in call.lines)


def test_there_are_94() -> None:
    assert len(CODES) == 94


@pytest.mark.parametrize("how", ["keys", "voice", "mixed"])
@pytest.mark.parametrize("code", CODES)
def test_a_service_is_completed(data: FlowData, code: str, how: How) -> None:
    call, _ = finished(data, code, how)
    assert call.dialogue.state == "MoreWanted", story(call)
    service = data.knowledge.catalogue.service(code)
    assert service is not None
    filed = application(call)
    assert filed.service == code
    assert filed.mode == service.mode
    values = {field.slot: field for field in filed.fields}
    for use in service.fields:
        spec = data.knowledge.catalogue.slots[use.slot]
        if any(values.get(slot) is None for slot in use.when):
            continue
        if all(values[slot].value in allowed for slot, allowed in use.when.items()):
            assert use.slot in values, use.slot
            assert values[use.slot].value or spec.link, use.slot
    asked = [type(request) for request in call.twin.asked]
    if service.verify == "L2":
        assert [CheckIdentity, SendCode, CheckCode] == asked[:3]
        assert [proof.level for proof in filed.evidence] == ["L2"]
    elif service.verify == "L1":
        assert [proof.how for proof in filed.evidence] == ["caller-number"]
    assert (SendLink in asked) == (service.sms_link or service.verify == "L3")
    assert filed.link == ("sent" if SendLink in asked else "none")
    assert (QueryService in asked) == (service.mode == "query")
    assert bool(filed.told) == (service.mode == "query")
    assert (BookSlot in asked) == (service.mode == "book")
    assert bool(filed.appointment) == (service.mode == "book")


@pytest.mark.parametrize("choice", range(1, 5))
@pytest.mark.parametrize("code", CODES)
def test_a_service_is_completed_with_other_choices(data: FlowData, code: str, choice: int) -> None:
    call, _ = finished(data, code, "mixed", choice)
    assert call.dialogue.state == "MoreWanted", story(call)
    application(call)


@pytest.mark.parametrize("code", CODES)
def test_only_fields_whose_condition_holds_are_asked(data: FlowData, code: str) -> None:
    service = data.knowledge.catalogue.service(code)
    assert service is not None
    for choice in range(5):
        call, caller = finished(data, code, "keys", choice)
        values = {field.slot: field.value for field in application(call).fields}
        for use in service.fields:
            holds = all(values.get(slot, "") in allowed for slot, allowed in use.when.items())
            assert (use.slot in values) == holds
            link = data.knowledge.catalogue.slots[use.slot].link
            if use.slot != "consent":
                assert (use.slot in caller.asked) == (holds and not link)
        assert len(caller.asked) == len(set(caller.asked))


@pytest.mark.parametrize("code", CODES)
def test_nothing_private_is_shown(data: FlowData, code: str) -> None:
    for how in ("keys", "voice"):
        call, _ = finished(data, code, how)
        shown = story(call)
        for field in application(call).fields:
            if field.private and len(field.value) > 6:
                assert field.value not in shown
                assert field.said == ""
