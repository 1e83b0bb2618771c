"""From a sentence to a decision: go on, confirm, ask which, or not understood."""

from __future__ import annotations

from flows.commands import Note
from flows.dialogue.asking import Choose, Confirm, ConfirmEmergency
from flows.dialogue.call import Call, Said
from flows.dialogue.matter import begin_generic
from flows.dialogue.moves import Begin, Go, Miss, Move
from flows.routing.intents import kind_of
from flows.routing.result import RouteResult, Scored


def understand(call: Call, said: Said) -> tuple[Move, Note]:
    """What to do about a sentence that may ask for anything, and why."""
    for kind, phrases in call.data.generic.items():
        if phrases.whole(said.text):
            return begin_generic(call, kind), Note(f"只说了类别：{kind}")
    result = call.data.knowledge.router.route(said.text, said.alternatives)
    return _decide(call, said, result), _note(result)


def _decide(call: Call, said: Said, result: RouteResult) -> Move:
    if result.emergency and result.emergency not in call.denied:
        return Go(state=ConfirmEmergency(kind=result.emergency, text=said.text))
    likely = [item for item in result.likely() if _possible(call, item)]
    if result.decision == "unknown" or not likely:
        return Miss(kind="unknown")
    first = likely[0]
    if first.intent == "sys.abuse":
        return Miss(kind="swear")
    if kind_of(first.intent) == "em":
        return Go(state=ConfirmEmergency(kind=first.intent, text=said.text))
    if result.decision == "sure" and first.intent == result.intent:
        return Begin(intent=first.intent, text=said.text, score=first.score, sure=False)
    if len(likely) == 1 or kind_of(likely[1].intent) == "em":
        return Go(state=Confirm(offer=first, text=said.text))
    return Go(state=Choose(offers=(likely[0], likely[1]), text=said.text))


def _possible(call: Call, item: Scored) -> bool:
    return item.intent not in call.denied and kind_of(item.intent) not in ("cb", "unknown")


def _note(result: RouteResult) -> Note:
    text = f"意图：{result.name}（{result.intent}，{result.score:.2f}）"
    if result.alternatives:
        other = result.alternatives[0]
        text += f"；其次：{other.name}（{other.score:.2f}）"
    return Note("；".join((text, *result.explanation)))
