"""Every path of a service as text."""

from __future__ import annotations

import pytest

from flows.dialogue import FlowData
from flows.paths import service_paths
from tests.flowdata import flow_data


@pytest.fixture(scope="module")
def data() -> FlowData:
    return flow_data()


def test_every_service_tells_all_its_questions(data: FlowData) -> None:
    for item in data.knowledge.catalogue.services:
        text = "\n".join(service_paths(data, item))
        for use in item.fields:
            spec = data.knowledge.catalogue.slots[use.slot]
            assert spec.label in text
            if use.ask and use.slot != "consent":
                assert use.ask in text, (item.code, use.slot)
            for choice in use.choices or spec.choices:
                assert choice.name in text, (item.code, choice.name)
        for warning in item.warnings:
            assert warning in text
        assert item.closing in text


def test_branches_are_told(data: FlowData) -> None:
    service = data.knowledge.catalogue.service("0602")
    assert service is not None
    text = "\n".join(service_paths(data, service))
    for words in ("不同意 →", "对不上一次 →", "短信发不出 →", "三次没听清 →", "挂机 →"):
        assert words in text
    booked = data.knowledge.catalogue.service("0208")
    assert booked is not None
    assert "刚被约走 →" in "\n".join(service_paths(data, booked))
