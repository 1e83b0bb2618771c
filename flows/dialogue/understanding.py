"""From a sentence to a decision: go on, confirm, ask which, or not understood."""

from __future__ import annotations

from collections.abc import Sequence

from flows.commands import Note, Say
from flows.dialogue.asking import Choose, Confirm, ConfirmEmergency
from flows.dialogue.call import Call, Said
from flows.dialogue.call import Request as Waiting
from flows.dialogue.matter import begin_generic
from flows.dialogue.moves import Begin, Go, Miss, Move, Speech
from flows.routing.intents import UNKNOWN, kind_of
from flows.routing.result import LIKELY, SURE, RouteResult, Scored
from flows.routing.several import Request, several
from flows.values.words import bare

NEAR = 0.5
OTHER = "cmp.other"
# "我有个事情要反映一下" tells that there is something, not what.
SAYS_NOTHING = 10
# What makes no sense as a question back ("您需要的是打错电话，对吗").
NEVER_ASKED = frozenset({"sys.wrong", "sys.repeat", "sys.abuse", "sys.outscope"})


def understand(call: Call, said: Said) -> tuple[Move, Note]:
    """What to do about a sentence that may ask for anything, and why."""
    for kind, phrases in call.data.generic.items():
        if phrases.whole(said.text):
            return begin_generic(call, kind), Note(f"只说了类别：{kind}")
    requests = several(call.data.knowledge.router, said.text)
    if requests:
        return _one_after_the_other(call, requests)
    result = call.data.knowledge.router.route(said.text, said.alternatives)
    return _decide(call, said, result), _note(result)


def _one_after_the_other(call: Call, requests: Sequence[Request]) -> tuple[Move, Note]:
    """Take up the first of several matters; the others wait until it is done."""
    first, *others = requests
    call.waiting = [
        Waiting(other.result.intent, other.text, other.result.score) for other in others
    ]
    lines = [f"一句话里有{len(requests)}件事"]
    for place, request in enumerate(requests, start=1):
        lines += [f"第{place}件“{request.text}”", *request.result.explanation]
    begin = Begin(
        (Say("several.heard"),),
        intent=first.result.intent,
        text=first.text,
        score=first.result.score,
        sure=False,
    )
    return begin, Note("；".join(lines))


def next_request(call: Call, say: Speech) -> Begin | None:
    """The next of the matters said in one breath, after ``say``; None if none is waiting."""
    if not call.waiting:
        return None
    request, *call.waiting = call.waiting
    return Begin(
        (*say, Say("several.next")),
        intent=request.intent,
        text=request.text,
        score=request.score,
        sure=False,
    )


def _decide(call: Call, said: Said, result: RouteResult) -> Move:
    ranked = (Scored(result.intent, result.name, result.score), *result.alternatives)
    likely = [item for item in ranked if _possible(call, item)]
    if result.emergency and result.emergency not in call.denied | call.doubted:
        return Go(state=ConfirmEmergency(kind=result.emergency, text=said.text))
    if result.intent == UNKNOWN or not likely or likely[0].score < LIKELY:
        return Miss(kind="unknown")
    if likely[0].intent == "sys.confidential" and _is_matter(likely[1:2]):
        call.secret = True
        likely = likely[1:]
    first = likely[0]
    if first.intent == OTHER and len(bare(said.text)) <= SAYS_NOTHING:
        return begin_generic(call, "求助")
    second = next((item for item in likely[1:2] if item.score >= first.score * NEAR), None)
    if first.intent == "sys.abuse":
        return Miss(kind="swear")
    if kind_of(first.intent) == "em":
        return Go(state=ConfirmEmergency(kind=first.intent, text=said.text))
    if first.score >= SURE:
        return Begin(intent=first.intent, text=said.text, score=first.score, sure=False)
    if first.intent in NEVER_ASKED:
        return Miss(kind="unknown")
    if second is None or kind_of(second.intent) == "em" or second.intent in NEVER_ASKED:
        return Go(state=Confirm(offer=first, text=said.text))
    return Go(state=Choose(offers=(first, second), text=said.text))


def _is_matter(items: Sequence[Scored]) -> bool:
    """Whether ``items`` begins with something to take down that is likely enough."""
    return (
        bool(items) and items[0].score >= LIKELY and kind_of(items[0].intent) not in ("sys", "em")
    )


def _possible(call: Call, item: Scored) -> bool:
    if item.intent in call.doubted:
        return False
    return item.intent not in call.denied and kind_of(item.intent) not in ("cb", "unknown")


def _note(result: RouteResult) -> Note:
    text = f"意图：{result.name}（{result.intent}，{result.score:.2f}）"
    return Note("；".join((text, *result.explanation)))
