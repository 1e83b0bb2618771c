"""The hotline's voice in one call: what is said, in order, and that it was said."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flows.commands import Play
from ivr.call.playqueue import Item, PlayQueue
from ivr.call.services import Voice
from ivr.call.timeline import TimeLine
from ivr.call.transcript import Transcript
from ivr.sip import messages as sip
from ivr.speech.errors import SpeechError

log = logging.getLogger(__name__)


class Speaking:
    """Composes and plays. ``on_start`` hears what begins to be said, with private parts masked;
    ``on_idle`` is told when nothing is left to say."""

    def __init__(
        self,
        voice: Voice,
        transcript: Transcript,
        time: TimeLine,
        send: Callable[[sip.Play | sip.StopPlay], None],
        on_start: Callable[[str], None],
        on_idle: Callable[[], None],
    ) -> None:
        self._voice = voice
        self._transcript = transcript
        self._time = time
        self._on_start = on_start
        self._since = 0.0
        self.queue = PlayQueue(send, self._starts, self._ends, on_idle)

    async def say(self, command: Play, call_id: str) -> None:
        """Say it after everything that waits to be said."""
        try:
            spoken = await self._voice.compose(command.speech, command.pace)
        except SpeechError:
            # One sentence is missing; the question after it is still asked and heard.
            log.exception("not said", extra={"action": "say", "call": call_id})
            return
        if spoken.unsaid:
            now = self._time.now
            self._transcript.add("note", f"没能读出：{'、'.join(spoken.unsaid)}", now, now)
        self.queue.add(Item(spoken.path, spoken.text, command.barge_in))

    def _starts(self, item: Item) -> None:
        self._since = self._time.now
        if item.text:
            self._on_start(self._transcript.shown(item.text))

    def _ends(self, item: Item, ms: int, completed: bool) -> None:
        if item.text:
            text = item.text if completed else f"{item.text}（被打断）"
            self._transcript.add("hotline", text, self._since, self._since + ms / 1000)
