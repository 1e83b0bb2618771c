"""What may be put into the form's fields, and what follows from it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from flows.ticket import Place, TicketDraft
from ivr.console.desk.form import FieldProblem, FormState, complaints, edited
from tests.flowdata import flow_data

DRAFT = TicketDraft("其他", contact_number="13912345678", complete=False)
STATE = FormState(DRAFT, DRAFT)


def put(field: str, value: object, state: FormState = STATE) -> FormState:
    return edited(flow_data(), state, state.draft, field, value)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("type", "吐槽", "desk.bad.value"),
        ("urgency", 3, "desk.bad.value"),
        ("confidential", "", "desk.bad.value"),
        ("intent", "cmp.nothing", "desk.bad.intent"),
        ("intent", "sys.agent", "desk.bad.intent"),
        ("content", "很" * 1001, "desk.bad.long"),
        ("content", None, "desk.bad.value"),
        ("occurred", "久" * 61, "desk.bad.long"),
        ("contact_number", "12", "desk.bad.number"),
        ("contact_name", ["陈"], "desk.bad.value"),
        ("units", ["不存在的局"], "desk.bad.units"),
        ("units", "市公安局", "desk.bad.units"),
        ("units", [{"x": 1}], "desk.bad.units"),
        ("call_back", "yes", "desk.bad.value"),
        ("grid_code", "45050310390100", "desk.bad.grid"),
        ("grid_code", "450503103901099", "desk.bad.grid"),
        ("grid_code", "450503103999", "desk.bad.grid"),
        ("county", "110101", "desk.bad.value"),
        ("town", "110101001", "desk.bad.value"),
        ("merged_into", "1 or 1", "desk.bad.ticket"),
        ("application", "x", "desk.bad.field"),
        ("complete", True, "desk.bad.field"),
    ],
)
def test_what_is_refused(field: str, value: object, text: str) -> None:
    with pytest.raises(FieldProblem) as refused:
        put(field, value)
    assert refused.value.text == text


def test_a_number_is_written_as_it_is_dialled() -> None:
    state = put("contact_number", "203 1234")
    assert state.draft.contact_number == "07792031234"
    assert state.kept == ("contact_number",)
    assert put("contact_number", "").draft.contact_number == ""


def test_an_intent_brings_type_units_and_urgency_except_those_set_before() -> None:
    draft = put("intent", "cmp.streetlight").draft
    assert (draft.type, draft.units) == ("求助", ("市住房和城乡建设局",))
    assert draft.recognised.confirmed
    state = put("units", ["市公安局"])
    state = put("intent", "cmp.streetlight", put("type", "投诉", state))
    assert (state.draft.type, state.draft.units) == ("投诉", ("市公安局",))
    assert state.kept == ("intent", "type", "units")


def test_an_emergency_and_its_end() -> None:
    state = put("intent", "em.gas")
    assert (state.draft.type, state.draft.urgency) == ("紧急", "特急")
    assert state.draft.emergency_kind == "em.gas"
    calm = put("intent", "cmp.streetlight", state).draft
    assert (calm.type, calm.urgency, calm.emergency_kind) == ("求助", "一般", "")


def test_county_and_town_go_together() -> None:
    state = put("town", "450503103")
    assert state.draft.place == Place("", "银海区", "450503", "侨港镇", "450503103")
    assert put("county", "450503", state).draft.place.town == "侨港镇"
    moved = put("county", "450502", state).draft.place
    assert (moved.county, moved.town, moved.town_code) == ("海城区", "", "")
    assert put("county", "", state).draft.place == Place()
    assert state.kept == ("place",)


def test_a_place_that_names_its_town_fills_it_in() -> None:
    place = put("place", "侨港镇侨北路12号").draft.place
    assert (place.county, place.town, place.place) == ("银海区", "侨港镇", "侨港镇侨北路12号")
    here = put("county", "450502")
    assert put("place", "侨港镇侨北路12号", here).draft.place.county == "海城区"


def test_what_was_heard_of_an_address_stays_when_a_part_is_corrected() -> None:
    shown = replace(
        DRAFT, place=Place("侨北路", "银海区", "450503", "侨港镇", "450503103", "桥北路")
    )
    state = edited(flow_data(), STATE, shown, "place", "侨北路")
    assert state.draft.place.town == "侨港镇" and state.draft.place.place == "侨北路"


def test_a_grid_belongs_to_its_town() -> None:
    state = put("grid_code", "450503103901003", put("town", "450503103"))
    assert state.draft.grid_code == "450503103901003"
    assert put("place", "侨北路", state).draft.grid_code == "450503103901003"
    assert put("town", "450502001", state).draft.grid_code == ""
    with pytest.raises(FieldProblem, match="grid-elsewhere"):
        put("grid_code", "450502001901", state)


def test_what_keeps_a_ticket_from_being_filed() -> None:
    assert complaints(DRAFT) == {"content": "desk.bad.content"}
    assert complaints(replace(DRAFT, content="路灯坏了")) == {}
    assert "type" in complaints(replace(DRAFT, content="办证", type="办件"))
    no_number = replace(DRAFT, content="路灯", call_back=True, contact_number="")
    assert "contact_number" in complaints(no_number)
