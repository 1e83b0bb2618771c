"""While something private is given: silence on the recording, asterisks in the transcript."""

from __future__ import annotations

from collections.abc import Callable

from flows.commands import Listen
from flows.ticket import TicketDraft
from ivr.call.timeline import TimeLine
from ivr.call.transcript import Transcript
from ivr.sip.mask import Sides
from ivr.sip.messages import MaskRecording

# What is silenced in hindsight begins a little before it was noticed.
MARGIN_MS = 300
# Speech is noticed when it has gone on for a while; its beginning is decoded, too.
SPEECH_MARGIN_S = 0.8


class Masking:
    """Follows which answers are private. ``send`` reaches the worker."""

    def __init__(
        self, send: Callable[[MaskRecording], None], transcript: Transcript, time: TimeLine
    ) -> None:
        self._send = send
        self._transcript = transcript
        self._time = time
        self._sides: Sides = ""
        self._until = float("-inf")

    @property
    def on(self) -> bool:
        """Whether a private answer is awaited."""
        return bool(self._sides)

    def covers(self, start: float) -> bool:
        """Whether speech that began at ``start`` on the time line may be a private answer."""
        return self.on or start < self._until

    def listen(self, command: Listen | None, keyed_since_ms: int | None = None) -> None:
        """What is listened for now; keys of it may have been pressed ahead."""
        if command is None or not command.keys.masked:
            if self._sides:
                self._sides = ""
                self._until = self._time.now
                self._send(MaskRecording(""))
            return
        from_ms = None if keyed_since_ms is None else max(0, keyed_since_ms - MARGIN_MS)
        self._sides = "caller" if keyed_since_ms is None else "all"
        self._send(MaskRecording(self._sides, from_ms))

    def speech(self) -> None:
        """The caller speaks: everybody is silent on the recording."""
        if self._sides == "caller":
            self._sides = "all"
            self._send(MaskRecording("all"))

    def spoken(self, start: float, text: str) -> None:
        """A private answer has been spoken, from ``start`` on the time line on."""
        self._transcript.hide(text)
        from_ms = max(0, round((start - SPEECH_MARGIN_S) * 1000))
        self._send(MaskRecording(self._sides or "caller", from_ms))
        if not self.on:
            self._send(MaskRecording(""))

    def keyed(self, digits: str) -> None:
        """A private answer has been keyed."""
        self._transcript.hide(digits)

    def taken_down(self, draft: TicketDraft | None) -> None:
        """What is private in the application stays out of the transcript, however it got there."""
        if draft is not None and draft.application is not None:
            for field in draft.application.fields:
                if field.private:
                    self._transcript.hide(field.value)
                    self._transcript.hide(field.said)
