"""Taking up a matter: which form it opens, and how the hotline says what it understood."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Say
from flows.dialogue.call import Call, Form
from flows.dialogue.enquiry import begin_enquiry
from flows.dialogue.harvest import harvest
from flows.dialogue.moves import (
    Again,
    Begin,
    Finish,
    Miss,
    Move,
    Open,
    Proceed,
    Speech,
    ToPerson,
)
from flows.dialogue.progress import RECORDED
from flows.dialogue.service.start import begin_service
from flows.routing.intents import Intent
from flows.ticket import TicketType

BY_KEYS = "（按键选择，未口述内容）"
# What "我要反映问题" opens: the matter itself then says whether it is a complaint.
LOOSEST: TicketType = "求助"
_TYPES: dict[str, TicketType] = {
    **{kind: kind for kind in ("咨询", "求助", "投诉", "举报", "建议", "表扬", "办件")},
    "便民": "求助",
}
_LEAD = {
    "cons": "you.consult",
    "conv": "you.help",
    "sug": "you.suggest",
    "prs": "you.praise",
    "sys": "you.help",
}


def you_want(call: Call, intent: str) -> Speech:
    """ "您要反映的是路灯不亮"."""
    if intent.startswith("svc."):
        return (Say("you.service"), Say(intent))
    return (Say(_LEAD.get(intent.split(".")[0], "you.report")), Say(f"intent.{intent}"))


def begin(call: Call, move: Begin) -> Move:
    """Open the form (or do what else is to be done) for the intent of ``move``."""
    special = _special(call, move)
    if special is not None:
        return special
    item = call.data.knowledge.catalogue.service(move.intent.removeprefix("svc."))
    if item is not None:
        return begin_service(call, move, item, BY_KEYS)
    intent = call.data.knowledge.intents[move.intent]
    type_ = _TYPES.get(intent.type, "其他")
    form = Form(
        type=type_,
        intent=intent.id,
        name=intent.name,
        score=move.score,
        confirmed=move.sure,
        content=move.text or f"{intent.name}{BY_KEYS}",
        units=intent.units,
        urgency=intent.urgency,
        call_back=False,
        fields=call.data.forms_by_intent.get(intent.id, call.data.forms[type_]),
    )
    call.form = _started(call, form, move.text, secret=intent.confidential)
    return Proceed((*move.say, *_understood(call, intent, sure=move.sure)))


def begin_generic(call: Call, type_: TicketType, content: str = "") -> Move:
    """Open a form of which only the kind is known."""
    form = Form(
        type=type_,
        confirmed=True,
        content=content,
        fields=call.data.forms[type_],
        call_back=bool(content),
    )
    call.form = _started(call, form, "", secret=False)
    return Proceed()


def meant_instead(call: Call, form: Form, text: str) -> Begin | None:
    """The service or enquiry that ``text`` turns out to be, told after "我想问一下"."""
    if form.intent or form.type not in (LOOSEST, "咨询"):
        return None
    result = call.data.knowledge.router.route(text)
    if result.decision != "sure" or not (result.kind == "svc" or result.intent in RECORDED):
        return None
    return Begin(intent=result.intent, text=text, score=result.score, sure=False)


def adopt(call: Call, form: Form, text: str) -> Form:
    """Name the intent of a form that was opened without one, from what was told since."""
    if form.intent or form.type == "办件":
        return form
    result = call.data.knowledge.router.route(text)
    intent = call.data.knowledge.intents.get(result.intent)
    if intent is None or result.decision == "unknown" or intent.type not in _TYPES:
        return form
    if intent.kind == "svc":
        return form
    secret = "全程保密" if intent.confidential else form.confidential
    type_ = _TYPES[intent.type] if form.type == LOOSEST else form.type
    return replace(
        form,
        type=type_,
        fields=call.data.forms_by_intent.get(intent.id, call.data.forms[type_]),
        intent=intent.id,
        name=intent.name,
        score=result.score,
        confirmed=False,
        units=intent.units,
        urgency=intent.urgency,
        confidential=secret,
    )


def _started(call: Call, form: Form, text: str, *, secret: bool) -> Form:
    if secret:
        form = replace(form, confidential="全程保密")
    elif call.secret:
        form = replace(form, confidential="对承办单位隐名")
    return harvest(call, form, text) if text else form


def _understood(call: Call, intent: Intent, *, sure: bool) -> Speech:
    """What was understood, said in passing, with a chance to correct it."""
    speech = () if sure else (*you_want(call, intent.id), Say("ask.if-wrong"))
    return (*speech, Say("form.confidential.whistle")) if intent.confidential else speech


def _special(call: Call, move: Begin) -> Move | None:
    """What is no matter to take down, or is taken down in another way."""
    match move.intent:
        case "sys.agent":
            return ToPerson()
        case "sys.repeat":
            return Again()
        case "sys.abuse":
            return Miss(kind="swear")
        case "sys.dialect":
            return ToPerson((Say("dialect.noted"),), announce=False, skills=("dialect",))
        case "sys.wrong":
            return Finish((Say("wrong.bye"),))
        case "sys.outscope":
            return Open((Say("outscope.noted"), Say("outscope.ask")))
        case "sys.confidential":
            call.secret = True
            return Open((Say("confidential.noted"),))
        case intent if intent in RECORDED:
            return begin_enquiry(call, intent, move.text)
    return None
