"""The text simulator behind ``hotline simulate``."""

from __future__ import annotations

import json

import pytest

from flows.commands import Digits, Pause, Say, Text
from flows.dialogue import FlowData
from flows.simulator import BadLine, Simulation
from flows.speech_text import speech_text
from tests.flowdata import flow_data


@pytest.fixture(scope="module")
def data() -> FlowData:
    return flow_data()


def test_a_script_runs_to_its_end(data: FlowData) -> None:
    call = Simulation(data)
    lines = call.run(
        ["// 一句说清", "", "昨天海城区人民路路灯坏了", "按1", "#2", "对", "没有了", "满意"]
    )
    assert call.over
    assert [line.who for line in lines[:3]] == ["hotline", "system", "hotline"]
    assert lines[-1].text == "热线挂机"
    assert "［按键 1］" in [line.text for line in lines]


def test_a_script_that_stops_early_hangs_up(data: FlowData) -> None:
    call = Simulation(data)
    call.run(["昨天海城区人民路路灯坏了"])
    assert call.over
    assert not call.filed[0].draft.complete


def test_the_outcome_is_plain_json(data: FlowData) -> None:
    call = Simulation(data)
    call.run(["医保报销比例是多少", "#1", "#1", "/transfer-fails", "#0"])
    value = json.loads(json.dumps(call.as_json(), ensure_ascii=False))
    assert value["over"] is True
    assert [ticket["ticket_no"] for ticket in value["tickets"]] == ["BH20261123000001"] * 2
    assert value["tickets"][1]["call_back"] is True
    assert value["transfers"][0]["target"] == "operator"
    assert value["lines"][0]["who"] == "hotline"


def test_things_that_happen(data: FlowData) -> None:
    call = Simulation(data)
    call.start()
    for line in ("/silence", "/noise"):
        assert any(item.who == "hotline" for item in call.type(line))
    call.type("/speech-lost")
    call.type("/speech-back")
    assert call.type("/partial 今天") == []
    assert [line.who for line in call.type("/aside 你吃饭没有")] == ["caller"]
    call.type("/hangup")
    assert call.over


def test_a_lone_hash_is_a_key(data: FlowData) -> None:
    call = Simulation(data)
    call.start()
    assert call.type("#")[0].text == "［按键 #］"


def test_an_unknown_command_is_refused(data: FlowData) -> None:
    call = Simulation(data)
    call.start()
    with pytest.raises(BadLine, match="/nothing"):
        call.type("/nothing")


def test_speech_reads_like_a_sentence(data: FlowData) -> None:
    pieces = (Say("readback.where"), Say("county.450502"), Text("人民路"), Pause(100), Digits("12"))
    assert speech_text(data, pieces) == "地点在，海城区，人民路，12"
