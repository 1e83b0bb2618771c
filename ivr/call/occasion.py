"""Why the hotline rings somebody: how that call begins, and what becomes of what it finds out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from flows.events import AnyEvent, Dropped
from flows.followup import FollowUpResult
from flows.ticket import Source


async def _forget(result: FollowUpResult) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Occasion:
    """``begins`` gives the dialogue's first event, from the local time and what an earlier call
    left unfinished (asked for only if this one ``resumes`` it); ``keep`` gets what a follow-up
    finds out, each time more of it. Tickets of this call come from ``source``."""

    begins: Callable[[datetime, Dropped | None], AnyEvent]
    keep: Callable[[FollowUpResult], Awaitable[None]] = _forget
    source: Source = "语音自助"
    resumes: bool = False
