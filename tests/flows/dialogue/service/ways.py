"""Ways into one service's form, and what is found there."""

from __future__ import annotations

from flows.dialogue import FlowData
from flows.simulator import Simulation
from flows.ticket import Application
from tests.flows.dialogue.service.caller import ID_NO, Caller

TO_CONSENT = f"""\
caller: 社保卡丢了
caller: 张三
caller: #{ID_NO}
caller: #1234
caller: 昨天下午
caller: #1
state: AskConsent
"""
TO_READ = f"{TO_CONSENT}caller: 同意\nstate: ReadForm\n"
TO_CODE = f"{TO_READ}caller: 对\ncaller: 对\nstate: EnterCode\n"


def value(call: Simulation, slot: str) -> str:
    draft = call.dialogue.draft or call.filed[-1].draft
    assert draft.application is not None
    return next((one.value for one in draft.application.fields if one.slot == slot), "")


def application(call: Simulation) -> Application:
    found = call.filed[-1].draft.application
    assert found is not None
    return found


def finish(data: FlowData, call: Simulation) -> None:
    Caller(data, call, "voice").finish()
