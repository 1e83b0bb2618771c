"""Owed calls in the words of a list: how they stand, and what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from adapters.errands import Errand, ErrandKind
from flows.privacy import mask_number
from ivr.aftercall.settings import ErrandSettings
from ivr.aftercall.standing import Standing, standing
from ivr.console.words import Speaker, texts
from ivr.dialling.hours import Hours


@dataclass(frozen=True)
class Rules:
    """What decides when an owed call is made; ``gateway``: there is a way to dial out."""

    settings: Mapping[ErrandKind, ErrandSettings]
    hours: Mapping[ErrandKind, Hours]
    gateway: bool

    def stands(self, errand: Errand, now: datetime) -> Standing:
        """How ``errand`` stands at ``now``."""
        return standing(
            errand,
            now,
            self.settings[errand.kind],
            self.hours[errand.kind],
            gateway=self.gateway,
        )


class Row(msgspec.Struct, frozen=True):
    """One owed call with its number masked; ``why`` not yet, or what came of it."""

    errand: Errand
    number: str
    state: str
    next: datetime | None
    why: str
    last: str
    answers: tuple[str, ...]


def row_of(errand: Errand, stands: Standing, t: Speaker) -> Row:
    """``errand`` as it ``stands``, in the language of ``t``."""
    return Row(
        errand,
        mask_number(errand.number),
        t(f"aftercall.state.{errand.state}"),
        stands.next,
        t(f"aftercall.why.{stands.why}") if stands.why else "",
        _last(errand, t),
        _answers(errand, t),
    )


def _last(errand: Errand, t: Speaker) -> str:
    """What came of it so far; nothing where the state has said it all."""
    result = errand.result
    if errand.state == "waiting" and not errand.tries:
        return ""
    if errand.state == "done":
        return t(f"aftercall.outcome.{result}") if errand.kind == "follow-up" else ""
    name = f"aftercall.result.{result.replace(' ', '-')}"
    # What is not ours stands as it came: a SIP reason, a state of the platform, a person's words.
    return t(name) if name in texts() else result


def _answers(errand: Errand, t: Speaker) -> tuple[str, ...]:
    """What a follow-up has heard."""
    found = errand.found
    if found is None:
        return ()
    person = t("aftercall.asked-for-person") if found.asked_for_person else ""
    told = (
        t(f"aftercall.solved.{found.solved}") if found.solved else "",
        t(f"aftercall.rated.{found.satisfaction}") if found.satisfaction else "",
        t(f"aftercall.reason.{found.reason}") if found.reason else "",
        person,
    )
    return tuple(one for one in told if one)
