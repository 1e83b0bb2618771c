"""What routing says about a sentence."""

from __future__ import annotations

from typing import Literal

import msgspec

from flows.routing.intents import UNKNOWN, Kind, kind_of

SURE = 0.85
LIKELY = 0.55

Decision = Literal["sure", "ask", "unknown"]


class Scored(msgspec.Struct, frozen=True):
    """An intent that a sentence may mean, its name, and how likely (0-1)."""

    intent: str
    name: str
    score: float


class RouteResult(msgspec.Struct, frozen=True):
    """What a sentence was understood to ask for.

    ``intent`` is the best guess, ``"unknown"`` for silence, noise and what is no request: it
    then carries no alternatives that would be worth offering, and ``score`` says nothing.
    ``alternatives`` are the next best, best first. ``emergency`` is the kind of emergency
    heard, whatever the intent. ``explanation`` has lines in Chinese for the transcript.
    """

    intent: str
    name: str
    score: float
    alternatives: tuple[Scored, ...] = ()
    emergency: str | None = None
    explanation: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """The kind of the intent: svc, cmp, cons, conv, sug, prs, sys, em, cb or unknown."""
        return kind_of(self.intent)

    @property
    def decision(self) -> Decision:
        """Whether to go on ("sure"), to ask back ("ask"), or that nothing was understood.

        Where it says "ask", :meth:`likely` holds what to offer: one intent to confirm, or two.
        """
        if self.intent == UNKNOWN:
            return "unknown"
        if self.score >= SURE:
            return "sure"
        return "ask"

    def likely(self, limit: int = 2) -> tuple[Scored, ...]:
        """The best guess and those alternatives that come near it, at most ``limit``."""
        best = Scored(self.intent, self.name, self.score)
        near = [other for other in self.alternatives if other.score >= self.score * 0.5]
        return (best, *near)[:limit]
