"""The call at a seat: its card, its talk, and the ticket that it fills."""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec.structs import replace

from adapters.model import Handoff, Line
from adapters.wire import masked
from flows.taking_down import Filling, Spoken, untold
from flows.ticket import TicketDraft
from ivr import live
from ivr.console.desk.form import FormState
from ivr.console.desk.views import LineView, line_view


class Sent(msgspec.Struct, frozen=True):
    """A call's form as it is kept for every desk of every node, with the card.

    ``seat`` has written it, at that time in ``phase``. ``sent`` is the draft last sent to be
    filed, ``stored`` the one last known to be. ``dismissed``: the operator wants none.
    ``writer`` is the desk that wrote it: a seat may have one on several nodes.
    """

    seat: str
    phase: str
    handoff: Handoff
    form: FormState
    sent: TicketDraft | None = None
    stored: TicketDraft | None = None
    dismissed: bool = False
    writer: str = ""


class OpenCall:
    """What a desk knows of its call."""

    def __init__(self, handoff: Handoff, kept: Sent | None) -> None:
        self.handoff = handoff
        draft = handoff.card.draft
        self.form = (
            kept.form if kept is not None else FormState(draft, draft, (), handoff.card.ticket_no)
        )
        self.sent = kept.sent if kept is not None else None
        self.stored = kept.stored if kept is not None else None
        self.dismissed = kept.dismissed if kept is not None else False
        self.talked = False
        self.filling = Filling(self.form.draft)
        self.lines: dict[str, LineView] = {}
        self.talk: list[Spoken] = []
        self.hearing: dict[str, str] = {}
        self.parties: tuple[live.PartyNow, ...] = ()
        self.over = False
        # Who was shown the card, and who has asked for the whole number: user names.
        self.seen_by: set[str] = set()
        self.revealed: set[str] = set()
        # What came with the card is told again by the call's events, with times that may have
        # been set to the recording's meanwhile.
        self._told = Counter((line.speaker, line.text) for line in handoff.transcript)
        for line in handoff.transcript:
            self._show(line)

    @property
    def call_id(self) -> str:
        """The call."""
        return self.handoff.call_id

    @property
    def filed(self) -> bool:
        """Whether the ticket is stored as it now stands."""
        return self.stored is not None and self.stored == self.complete

    @property
    def unfiled(self) -> bool:
        """Whether there is something that nobody has filed."""
        draft = self.filling.draft
        known = bool(self.form.ticket_no) and draft == self.form.handed
        return self.talked and not (self.filed or known or untold(draft))

    @property
    def complete(self) -> TicketDraft:
        """The ticket as it is to be filed."""
        draft = self.filling.draft
        source = "电话" if draft.source == "语音自助" else draft.source
        return replace(draft, complete=True, source=source)

    def hear(self, line: Line) -> LineView | None:
        """Take a line of the talk; None if it is known already."""
        if self._told[line.speaker, line.text]:
            self._told[line.speaker, line.text] -= 1
            return None
        view = self._show(line)
        if view is not None and line.speaker in ("caller", "operator") and not line.by_keys:
            speaker = "caller" if line.speaker == "caller" else "operator"
            self.talk.append(Spoken(speaker, line.text))  # type: ignore[arg-type]
        return view

    def made(self, event: live.TicketMade) -> bool:
        """Whether a ticket that was stored is the one of this form."""
        sent = self.sent
        if sent is None:
            return False
        shown = replace(sent, application=masked(sent.application))
        return shown == replace(event.draft, application=masked(event.draft.application))

    def _show(self, line: Line) -> LineView | None:
        view = line_view(line)
        if view.key in self.lines:
            return None
        self.lines[view.key] = view
        return view
