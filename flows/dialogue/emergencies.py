"""Listening for emergencies at any time: in whole sentences and in half ones."""

from __future__ import annotations

from flows.dialogue.asking import ConfirmEmergency
from flows.dialogue.call import Call
from flows.dialogue.data import FlowData
from flows.dialogue.drafts import emergency_draft
from flows.dialogue.moves import Emergency, Go, Move
from flows.dialogue.pausing import Pausing
from flows.dialogue.state import State
from flows.emergency import EmergencyHit
from flows.events import Utterance
from flows.routing.intents import UNKNOWN, kind_of
from flows.routing.result import Scored
from flows.spotting import Trust
from flows.ticket import TicketDraft
from flows.values.yes_no import yes_no

# A half sentence is believed when the words have been followed by this much without a
# change of mind ("着火" may go on as "着火的时候怎么办"), and when it was heard twice.
SETTLED = 3
GRAVEST = "P0"
PLAIN = 0.9


def gravest(call: Call, kind: str) -> bool:
    """Whether ``kind`` is a danger to life."""
    return call.data.knowledge.emergencies[kind].level == GRAVEST


class Watch:
    """Decides which emergency words count. One per call."""

    def __init__(self, data: FlowData) -> None:
        self._detector = data.knowledge.detector
        self._exact = data.emergency_words
        self._router = data.knowledge.router
        self._suspected = ""

    def partial(self, call: Call, text: str) -> EmergencyHit | None:
        """An emergency that is certain although the caller is still speaking."""
        hit = self._detector.detect(text)
        if hit is None or not (gravest(call, hit.kind) and self._exactly(hit)):
            self._suspected = ""
            return None
        heard_before, self._suspected = self._suspected == hit.kind, hit.kind
        settled = len(text) - hit.span[1] >= SETTLED
        return hit if heard_before and settled else None

    def turn_ended(self) -> None:
        """The next partial result belongs to another sentence."""
        self._suspected = ""

    def utterance(self, call: Call, event: Utterance, state: State) -> Move | None:
        """What to do about an emergency in ``event``, None if there is none."""
        call.doubted.clear()
        if isinstance(state, ConfirmEmergency) and yes_no(event.text) is not None:
            return None
        readings = (event.text, *event.alternatives)
        for rank, text in enumerate(readings):
            hit = self._detector.detect(text) if text else None
            if hit is None:
                continue
            exact = self._exactly(hit)
            certain = exact and gravest(call, hit.kind) and rank == 0
            if hit.kind in call.denied and not certain:
                continue
            if not exact and self._plainly_else(text):
                call.doubted.add(hit.kind)
                continue
            if isinstance(state, ConfirmEmergency):
                return Emergency(kind=hit.kind, text=f"{state.text}，{text}", confirmed=True)
            heard = f"听到紧急情况：{hit.evidence}（{hit.kind}）"
            if certain or not state.listens:
                return Emergency(note=heard, kind=hit.kind, text=text)
            now = state.back if isinstance(state, Pausing) else state
            back = now if call.form is not None and now.listens and now.remembered else None
            return Go(note=heard, state=ConfirmEmergency(kind=hit.kind, text=text, back=back))
        return None

    def _exactly(self, hit: EmergencyHit) -> bool:
        """Whether the evidence has a word of its kind in so many characters, not by sound."""
        words = self._exact[hit.kind]
        return hit.trust is not Trust.FAINT and any(word in hit.evidence for word in words)

    def _plainly_else(self, text: str) -> bool:
        """Whether ``text`` is so plainly about something else that a similar sound is chance."""
        result = self._router.route(text)
        ranked = (Scored(result.intent, result.name, result.score), *result.alternatives)
        other = [item for item in ranked if kind_of(item.intent) not in ("em", UNKNOWN)]
        return any(item.score >= PLAIN for item in other)

    def unconfirmed(self, call: Call, state: State) -> TicketDraft | None:
        """The ticket of an emergency whose question the caller did not stay to answer."""
        if isinstance(state, ConfirmEmergency):
            return emergency_draft(call, state.kind, state.text, confirmed=False)
        return None
