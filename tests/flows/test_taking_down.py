"""What operator and caller say fills the ticket; what a person has set stays."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flows.dialogue.drafts import ASKED_FOR_PERSON
from flows.taking_down import Filling, Spoken, fill, following, takes_down
from flows.ticket import Application, Place, Recognised, TicketDraft
from tests.flowdata import flow_data, remembering

EMPTY = TicketDraft("其他", content=ASKED_FOR_PERSON, contact_number="13800000000", complete=False)


def talk(*said: str) -> tuple[Spoken, ...]:
    """Sentences of the caller; those after ">" are the operator's."""
    return tuple(
        Spoken("operator", text[1:]) if text.startswith(">") else Spoken("caller", text)
        for text in said
    )


def heard(*said: str, draft: TicketDraft = EMPTY, kept: tuple[str, ...] = ()) -> Filling:
    return fill(remembering(), draft, talk(*said), frozenset(kept))


def test_a_whole_talk_fills_the_form() -> None:
    found = heard(
        ">您好，请问有什么可以帮您",
        "你好我要反映一下我们小区楼下的路灯坏了",
        ">请问在哪里",
        "在银海区侨港镇侨港示范社区1第3网格那边",
        "从上个星期三开始就不亮了",
        "我叫陈大文电话是13912345678",
        "不要告诉别人是我投诉的",
    )
    draft = found.draft
    assert draft.recognised.intent == "cmp.streetlight" and not draft.recognised.confirmed
    assert (draft.type, draft.units) == ("求助", ("市住房和城乡建设局",))
    assert (draft.place.county, draft.place.town) == ("银海区", "侨港镇")
    assert draft.grid_code == "450503103901003"
    assert draft.occurred == "上个星期三开始"
    assert draft.contact_name == "陈大文"
    assert draft.confidential == "对承办单位隐名"
    assert found.sources["occurred"] == "从上个星期三开始就不亮了"
    # The content tells the matter, and not who speaks.
    assert "路灯坏了" in draft.content
    assert "陈大文" not in draft.content and "139" not in draft.content
    # There is a number already: the other one is offered.
    (offer,) = found.offers
    assert (offer.field, msgspec.json.decode(offer.value)) == ("contact_number", "13912345678")
    assert draft.contact_number == EMPTY.contact_number


def test_what_the_operator_reads_back_counts_once_the_caller_agrees() -> None:
    read_back = ">您说的是银海区侨北路12号对吧"
    assert heard(read_back, "对").draft.place.place == "侨北路12号"
    assert heard(read_back, "不是的").draft.place == Place()
    assert heard(read_back).draft.place == Place()
    assert heard(">要不要转110", "要").draft.recognised.intent == ""


def test_what_a_person_has_set_is_neither_filled_nor_offered() -> None:
    said = ("银海区侨港镇侨北路的路灯坏了", "从昨天晚上开始的")
    every = ("intent", "type", "urgency", "units", "content", "place", "grid_code", "occurred")
    found = heard(*said, kept=every)
    assert (found.draft, found.sources, found.offers) == (EMPTY, {}, ())
    assert heard(*said, kept=("occurred",)).draft.occurred == ""
    assert heard(*said, kept=("place",)).draft.place == Place()
    # The type is the person's, the rest follows the intent.
    kept = heard(*said, draft=replace(EMPTY, type="投诉"), kept=("type",)).draft
    assert (kept.type, kept.recognised.intent) == ("投诉", "cmp.streetlight")


def test_what_contradicts_the_machine_is_offered() -> None:
    machine = replace(
        EMPTY,
        recognised=Recognised("cmp.noise_life", "社会生活噪声", 0.6),
        place=Place("合浦县", "合浦县", "450521"),
        content="太吵了",
    )
    found = heard("银海区侨港镇的路灯坏了", draft=machine)
    assert found.draft.recognised.intent == "cmp.noise_life"
    assert found.draft.place == machine.place and found.draft.content == "太吵了"
    assert {offer.field for offer in found.offers} == {"intent", "place"}


def test_a_place_is_completed() -> None:
    known = replace(EMPTY, place=Place("银海区", "银海区", "450503"))
    place = heard("就在侨港镇侨北路", draft=known).draft.place
    assert (place.county, place.town, place.place) == ("银海区", "侨港镇", "侨北路")


def test_an_emergency_in_the_talk_is_told() -> None:
    found = heard("家里煤气漏了味道好大")
    assert found.emergency == "em.gas"
    assert found.draft.urgency == "特急"


@pytest.mark.parametrize("said", ["嗯", "好的谢谢", "对", "听得到吗", "等一下我找个笔"])
def test_small_talk_fills_nothing(said: str) -> None:
    assert heard(said).draft == EMPTY


@pytest.mark.parametrize(
    ("said", "name"),
    [("免贵姓王", "王"), ("我姓欧阳", "欧阳"), ("我叫李小明", "李小明"), ("这条路叫什么", "")],
)
def test_names(said: str, name: str) -> None:
    assert heard(said).draft.contact_name == name


@given(
    st.lists(
        st.sampled_from(["路灯坏了", "在侨港镇", "昨天晚上", ">是路灯吗", "对", ""]), max_size=6
    )
)
def test_filling_again_changes_nothing(said: list[str]) -> None:
    once = heard(*said)
    again = heard(*said, draft=once.draft)
    assert again.draft == once.draft


def test_a_service_without_its_form_is_asked_about() -> None:
    service = flow_data().knowledge.intents["svc.0602"]
    assert takes_down(service)
    draft, changed = following(EMPTY, service)
    assert (draft.type, draft.service) == ("咨询", "0602") and "type" in changed
    filled = replace(EMPTY, type="办件", application=Application("0602", "done"))
    assert following(filled, service)[0].application == filled.application
    other = flow_data().knowledge.intents["cmp.streetlight"]
    assert following(filled, other)[0].application is None
