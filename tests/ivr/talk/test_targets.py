"""What may be dialled, and that nothing else is."""

from __future__ import annotations

import pytest

from ivr.talk.targets import Target, Targets
from tests.flowdata import flow_data


def targets(gateway: str = "sip:{number}@gw", **addresses: str) -> Targets:
    knowledge = flow_data().knowledge
    return Targets(
        addresses,
        gateway,
        lambda seat: f"sip:{seat}@registrar" if seat == "801" else "",
        knowledge.transfers,
        knowledge.hotlines,
    )


@pytest.mark.parametrize("number", ["110", "119", "120", "122", "12395", "95598", "12329"])
def test_listed_numbers_go_through_the_gateway(number: str) -> None:
    found = targets().find(number)
    assert found is not None
    assert found.uri == f"sip:{number}@gw"
    assert found.name


@pytest.mark.parametrize(
    "number", ["13907791234", "12331", "12345", "", "（本地）", "供水抢修", "sip:119@gw", "seat:"]
)
def test_other_numbers_and_merged_hotlines_are_never_dialled(number: str) -> None:
    assert targets().find(number) is None


def test_the_citys_own_services_are_dialled_where_they_are_configured() -> None:
    found = targets(供水抢修="sip:2020@gw").find("供水抢修")
    assert found == Target("供水抢修", "sip:2020@gw", "number", "供水抢修", "停水爆管转接")


def test_a_configured_address_wins_over_the_gateway_and_needs_none() -> None:
    assert targets(**{"119": "sip:fire@10.0.0.9"}).find("119").uri == "sip:fire@10.0.0.9"  # type: ignore[union-attr]
    without = targets(gateway="", **{"119": "sip:fire@10.0.0.9"})
    assert [one.target for one in without.numbers] == ["119"]
    assert without.find("120") is None


def test_a_seat_is_dialled_if_there_is_one() -> None:
    assert targets().find("seat:801") == Target("seat:801", "sip:801@registrar", "seat")
    assert targets().find("seat:999") is None
