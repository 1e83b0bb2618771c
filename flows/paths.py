"""Every path of a service as text: what is asked, what may be answered, where it leads.

The questions come from the very states that ask them, so that what a clerk reads here is what
a caller hears. Behind ``hotline simulate --paths 0602``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flows.catalogue import FieldUse, Service
from flows.dialogue import DialogueConfig, FlowData
from flows.dialogue.call import Call, Form
from flows.dialogue.service import asides, booking, consent, query, verify
from flows.dialogue.service.ask import AskField, unkeyable
from flows.dialogue.service.form import CONSENT, help_of, spec_of
from flows.dialogue.service.link import purposes
from flows.dialogue.service.sheet import Sheet
from flows.dialogue.state import State
from flows.requests import Appointment
from flows.speech_text import speech_text

_NOON = datetime(2026, 11, 25, 15, 0)
_SAMPLE = Appointment("", _NOON, _NOON.replace(hour=16), "（地点）")
_FAILURES = (
    ("mismatch", "两次对不上"),
    ("sms", "短信发不出"),
    ("limit", "验证码次数用完"),
    ("code", "一直没有输对"),
    ("unavailable", "核验系统不通"),
)


def service_paths(data: FlowData, item: Service) -> list[str]:
    """The lines of one service, in the order in which a caller meets them."""
    call = _call(data, item)
    return [
        *_heading(data, call, item),
        *_questions(data, call, item),
        *_read_back(data),
        *_verification(data, call, item),
        *_mode(data, call, item),
        *_end(data, call, item),
        *_anytime(data, call),
    ]


def _call(data: FlowData, item: Service) -> Call:
    call = Call(data, DialogueConfig(), caller="13900000001", at=_NOON)
    call.form = Form(type="办件", service=item.code, sheet=Sheet(service=item.code))
    return call


def _heading(data: FlowData, call: Call, item: Service) -> Iterator[str]:
    about = data.knowledge.catalogue.about
    yield f"{item.code} {item.name}"
    yield f"  怎么说：{'、'.join((item.name, *item.aliases))}"
    yield f"  怎么按：开头直接按 {item.code}；或者按菜单：办理事项，再选类别和事项"
    yield f"  办理方式：{about.modes[item.mode]}；核验：{about.verify_levels[item.verify]}"
    yield "开头"
    yield f"  热线：{data.prompts['you.service']}{item.name}。{''.join(item.warnings)}"
    yield "  原话里已经说到的要素直接填上，不再问；说“不对”回到开头重说"


def _questions(data: FlowData, call: Call, item: Service) -> Iterator[str]:
    yield "依次询问"
    for number, use in enumerate(item.fields, start=1):
        yield from _field(data, call, number, use)


def _field(data: FlowData, call: Call, number: int, use: FieldUse) -> Iterator[str]:
    spec = spec_of(call, use.slot)
    yield f"  {number}. {spec.label}{_condition(call, use)}"
    if spec.link:
        yield "     电话里不问，请来电人在短信链接里填写"
        return
    if use.slot == CONSENT:
        yield f"     热线：{_asked(data, call, consent.AskConsent())}"
        yield f"     不同意 → {_asked(data, call, consent.Refused())}"
        return
    state = AskField(slot=use.slot)
    yield f"     热线：{_asked(data, call, state)}"
    if spec.choices:
        numbered = (f"{number} {one.name}" for number, one in enumerate(spec.choices, start=1))
        yield f"     可选：{'；'.join(numbered)}"
    by_voice = unkeyable(call, use.slot)
    yield f"     回答：{'只能说，说不了按井号' if by_voice else '可以说，也可以按键'}"
    if spec.optional:
        yield "     没有或者不清楚 → 空着，往下问"
    elif _has_link(call):
        yield "     三次没听清 → 留到短信链接里填，往下问"
    else:
        yield "     三次没听清 → 由工作人员补问，往下问"
    if help_ := help_of(call, use.slot):
        yield f"     问“什么意思” → {speech_text(data, help_)}"


def _condition(call: Call, use: FieldUse) -> str:
    if not use.when:
        return ""
    parts = [
        f"{spec_of(call, slot).label}是{'或'.join(values)}" for slot, values in use.when.items()
    ]
    return f"（只在{'、'.join(parts)}时问）"


def _code(call: Call) -> str:
    assert call.form is not None
    return call.form.service


def _has_link(call: Call) -> bool:
    item = call.data.knowledge.catalogue.service(_code(call))
    return item is not None and item.sms_link


def _read_back(data: FlowData) -> Iterator[str]:
    yield "复述"
    start, ask = data.prompts["readback.start"], data.prompts["svcform.read.all"]
    yield f"  热线：{start}（每次最多四项）{ask}"
    yield "  不对 → 说哪一项、说正确的内容，或者按键选：" + data.prompts["svcform.which"]


def _verification(data: FlowData, call: Call, item: Service) -> Iterator[str]:
    yield "核验"
    if item.verify == "L0":
        yield "  不核验"
        return
    if item.verify == "L1":
        yield "  来电号码就是凭据；号码隐藏时发短信验证码"
    if item.verify == "L3":
        yield "  在短信链接里做实人认证，电话里不再核验"
        return
    if item.verify == "L2":
        yield "  核对姓名（单位名称）、证件号码（信用代码后六位）和手机号"
        yield f"  对不上一次 → {data.prompts['svcform.mismatch']}{data.prompts['svcform.which']}"
    code = _asked(data, call, verify.EnterCode())
    yield f"  热线：{data.prompts['svcform.code.sent']}（后四位）。{code}"
    yield f"  不对 → {data.prompts['svcform.code.wrong']}再按一次"
    yield f"  没收到 → 重发，最多发 {verify.MOST_CODES} 次"
    for why, meaning in _FAILURES:
        yield f"  {meaning} → {_asked(data, call, verify.NotVerified(why=why))}"


def _mode(data: FlowData, call: Call, item: Service) -> Iterator[str]:
    yield "办理"
    if item.mode == "query":
        yield f"  热线：{data.prompts['svcform.query.lead']}（平台的回答，长的分段念）"
        yield f"  没有查到 → {_asked(data, call, query.NothingFound())}"
        yield f"  平台不通 → {data.prompts['svcform.query.unavailable']}"
    if item.mode == "book":
        yield f"  热线：{_asked(data, call, booking.ChooseSlot(slots=(_SAMPLE,)))}"
        yield f"  没有空位 → {_asked(data, call, booking.NoneFree())}"
        yield f"  刚被约走 → {data.prompts['svcform.book.gone']}再报可约的时间"
        yield f"  平台不通 → {data.prompts['svcform.book.unavailable']}"
    if purposes(call):
        yield "  发短信链接（实人认证、材料）"
        yield f"  发不出 → {data.prompts['svcform.link.failed']}"
    yield "  等系统时 → " + data.prompts["svcform.wait"] + "按 0 转人工；一直没有回音按不通处理"


def _end(data: FlowData, call: Call, item: Service) -> Iterator[str]:
    yield "结束"
    yield f"  热线：{data.prompts['filed.number']}（工单号）。"
    if purposes(call):
        text = data.prompts["svcform.link.sent"]
        yield f"  热线：{text}（后四位）。{speech_text(data, asides.link_fields(call))}"
    if item.mode != "query":
        yield f"  热线：{speech_text(data, asides.time_limit(call))}"
    if item.closing:
        yield f"  热线：{item.closing}"
    yield f"  热线：{data.prompts['filed.ask']}"


def _anytime(data: FlowData, call: Call) -> Iterator[str]:
    materials = speech_text(data, tuple(p for piece in asides.materials(call) for p in piece))
    yield "随时可以"
    yield f"  问“要带什么材料” → {materials or data.prompts['svcform.materials.none']}"
    yield f"  问“要多久” → {speech_text(data, asides.time_limit(call))}"
    yield f"  问“哪个单位办” → {speech_text(data, asides.units(call))}"
    yield f"  问“谁能办” → {speech_text(data, asides.audience(call))}"
    yield "  说“再说一遍”“慢一点”“等一下”“返回”；按 0 或者说“转人工”"
    yield f"  念银行卡号或者密码 → {data.prompts['svcform.secret']}"
    yield "  挂机 → 已经填的按未完成登记，一小时内再打来可以接着办"


def _asked(data: FlowData, call: Call, state: State) -> str:
    return speech_text(data, state.question(call).speech)
