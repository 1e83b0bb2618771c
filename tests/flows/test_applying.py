"""A service's form outside its dialogue: filled from a talk, corrected by a person."""

from __future__ import annotations

from datetime import datetime

import pytest

from flows.applying import WrongValue, heard, put, questions
from flows.taking_down import Spoken, fill
from flows.ticket import Application, Evidence, FieldValue, TicketDraft
from tests.flowdata import flow_data

NOON = datetime(2026, 11, 23, 12)
NAME = FieldValue("name", "姓名", "陈大文")
BROADBAND = Application("0208", "book", (NAME,))
# Nobody's: the check digit is right, the person is made up.
ID_NO = "450502199001011233"
CARD = Application(
    "0602",
    "done",
    (NAME, FieldValue("id_no", "身份证号", ID_NO, private=True)),
    evidence=(Evidence("L2", "identity-and-code", NOON, "IDC1"),),
)


def values(application: Application) -> dict[str, str]:
    return {field.slot: field.value for field in application.fields}


def test_the_questions_of_a_form() -> None:
    asked = {one.slot: one for one in questions(flow_data(), BROADBAND)}
    assert list(asked) == ["name", "addr", "net_speed", "appoint", "mobile"]
    assert asked["name"].value == "陈大文" and asked["addr"].value == ""
    assert "家庭宽带" in asked["net_speed"].choices
    private = [one.slot for one in questions(flow_data(), CARD) if one.private]
    assert private == ["id_no"]
    assert questions(flow_data(), Application("9999", "book")) == ()


def test_what_is_said_fills_what_is_empty_and_not_what_is_a_persons() -> None:
    said = ("我手机号是13912345678", "住在海城区北京路十二号三单元")
    filled, words = heard(flow_data(), BROADBAND, said, now=NOON)
    assert values(filled) == {
        "name": "陈大文",
        "addr": "海城区北京路十二号三单元",
        "mobile": "13912345678",
    }
    assert words == {"mobile": said[0], "addr": said[1]}
    kept, _ = heard(flow_data(), BROADBAND, said, now=NOON, kept=("mobile",))
    assert "mobile" not in values(kept)
    assert heard(flow_data(), BROADBAND, ("好的",)) == (BROADBAND, {})


def test_it_is_part_of_the_tickets_filling() -> None:
    draft = TicketDraft("办件", content="装宽带", service="0208", application=BROADBAND)
    talk = (Spoken("operator", "您的手机号是13912345678对吗"), Spoken("caller", "对"))
    filling = fill(flow_data(), draft, talk, caller="13912345678", now=NOON)
    assert filling.draft.application is not None
    (mobile,) = (one for one in filling.draft.application.fields if one.slot == "mobile")
    assert (mobile.value, mobile.by) == ("13912345678", "network")
    assert filling.sources["application.mobile"] == talk[0].text


def test_a_person_corrects_a_field() -> None:
    assert values(put(flow_data(), BROADBAND, "name", "李小明"))["name"] == "李小明"
    assert values(put(flow_data(), BROADBAND, "net_speed", "商务宽带"))["net_speed"] == "商务宽带"


@pytest.mark.parametrize(
    ("slot", "text"),
    [("mobile", "123"), ("name", ""), ("nothing", "x"), ("id_no", "450502199001011234")],
)
def test_what_is_no_value_is_refused(slot: str, text: str) -> None:
    with pytest.raises(WrongValue):
        put(flow_data(), BROADBAND if slot != "id_no" else CARD, slot, text)


def test_what_was_proved_of_another_identity_is_proved_no_longer() -> None:
    other = put(flow_data(), CARD, "name", "李小明")
    assert other.evidence == ()
    assert put(flow_data(), CARD, "name", "陈大文").evidence == CARD.evidence
    assert put(flow_data(), CARD, "card_tail", "1234").evidence == CARD.evidence
