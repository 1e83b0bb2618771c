"""What a worker does with its call when the node is gone."""

from __future__ import annotations

from ivr.sip import messages as m
from ivr.sip.call_audio import CallAudio, Send
from ivr.sip.hearing import CALLER
from ivr.sip.legs import Legs
from ivr.sip.sound import BadSound, read_all


class Orphan:
    """Decides alone; see :class:`ivr.sip.legs.Heir`.

    Who talks goes on talking; any other caller hears the fallback prompt and is put through to
    the fallback address. Both come from the node's ``welcome``.
    """

    def __init__(self, legs: Legs, audio: CallAudio, send: Send, welcome: m.Welcome | None) -> None:
        self._legs = legs
        self._audio = audio
        self._send = send
        self._welcome = welcome

    def take_over(self) -> None:
        """The node is gone just now."""
        self._legs.heir = self
        self._legs.waiting.clear()
        self._audio.mask("")
        caller = self._legs.lines.get(CALLER)
        if caller is None:
            return
        if not caller.up:
            self._legs.drop(CALLER, 486, "node-gone", {})
            return
        for index in self._legs.lines:
            self._audio.stop_play(index, self._send)
        if self._talk_on():
            return
        for index in [index for index in self._legs.lines if index != CALLER]:
            self._legs.drop(index, 0, "caller-left")
        prompt = self._welcome.fallback_prompt if self._welcome else ""
        try:
            pcm = read_all([prompt]) if prompt else b""
        except BadSound:
            pcm = b""
        self._audio.play(CALLER, -1, pcm, loop=False)

    def _talk_on(self) -> bool:
        """Leave the caller with those whom they talk with; False if there is nobody.

        A caller on hold goes back to whom they talked with before: nobody could fetch them any
        more. Who is still being rung is let go: nobody could say what they were wanted for.
        """
        up = self._legs.up()
        if not self._legs.hearing.with_caller(up):
            for index in self._legs.hearing.partners(up):
                self._legs.bridge(CALLER, index)
        if not self._legs.hearing.with_caller(up):
            return False
        for index in [index for index, line in self._legs.lines.items() if not line.up]:
            self._legs.drop(index, 0, "caller-left")
        return True

    def leg_up(self, index: int) -> None:
        """They talk with the caller."""
        self._legs.bridge(CALLER, index)

    def leg_gone(self) -> None:
        """The caller stays only for somebody to talk with."""
        if not self._legs.hearing.with_caller(self._legs.up()):
            self._legs.drop(CALLER, 0, "fallback-over")

    def played(self) -> None:
        """The fallback prompt is over: ring the fallback address."""
        uri = self._welcome.fallback_uri if self._welcome else ""
        if not uri:
            self._legs.drop(CALLER, 0, "node-gone")
            return
        self._legs.dial(m.Dial(CALLER + 1, uri))
        if CALLER + 1 not in self._legs.lines and CALLER + 1 not in self._legs.waiting:
            self._legs.drop(CALLER, 0, "node-gone")
