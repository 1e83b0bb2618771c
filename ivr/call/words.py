"""From the listener's turns to transcript lines and the dialogue's events."""

from __future__ import annotations

from asr.turns import TurnEnded
from flows.events import Utterance
from flows.secret import secret_in
from ivr.call.hearing import CALLER, Heard, Hearing
from ivr.call.masking import Masking
from ivr.call.timeline import TimeLine
from ivr.call.transcript import MASK, Transcript

SLOWEST_S = 0.5


class Words:
    """Notes who said what, and when; a private answer is noted as asterisks."""

    def __init__(
        self, hearing: Hearing, masking: Masking, transcript: Transcript, time: TimeLine
    ) -> None:
        self._hearing = hearing
        self._masking = masking
        self._transcript = transcript
        self._time = time

    def note(self, heard: Heard) -> None:
        """Put a turn that has ended into the transcript; other events are nothing to it."""
        turn = heard.event
        if not isinstance(turn, TurnEnded) or not turn.result.text:
            return
        text = turn.result.text
        voice = self._hearing.voice(heard)
        base = self._time.of(voice.since)
        start, end = base + turn.start, base + turn.spoken_end
        if voice.speaker == "caller" and (self._masking.covers(start) or secret_in(text)):
            self._masking.spoken(start, text)
            text = MASK
        self._transcript.add(
            voice.speaker,
            text,
            start,
            end,
            confidence=turn.result.confidence,
            words=() if text == MASK else turn.result.words,
            words_from=base,
            party=voice.party,
        )

    def partial(self, text: str) -> str:
        """What may be shown of words still being spoken."""
        if secret_in(text):
            # When it began is not known yet; nobody speaks more slowly than this.
            self._masking.spoken(self._time.now - SLOWEST_S * len(text), text)
            return MASK
        return MASK if self._masking.on else text

    def partial_of(self, heard: Heard, text: str) -> str:
        """The same in a talk between people."""
        return self.partial(text) if heard.leg == CALLER else self._transcript.shown(text)

    def utterance(self, turn: TurnEnded, *, listening: bool) -> Utterance:
        """The event for the dialogue; as an answer it is read by what was asked."""
        result = self._hearing.understood(turn.result) if listening else turn.result
        return Utterance(result.text, result.alternatives, result.confidence, listening)
