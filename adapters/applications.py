"""What the platform tells of an application's link, put into the application."""

from __future__ import annotations

from datetime import datetime

import msgspec

from flows.ticket import Evidence, LinkStatus, TicketDraft

_ORDER: tuple[LinkStatus, ...] = ("none", "failed", "sent", "opened", "finished")


def later(one: str, other: str) -> bool:
    """Whether a link at status ``one`` is further than at ``other``."""
    return _ORDER.index(one) > _ORDER.index(other)


def link_of(draft: TicketDraft) -> str:
    """The reference of the link that ``draft`` waits for, "" if none."""
    return draft.application.link_reference if draft.application is not None else ""


def with_link(
    draft: TicketDraft, status: LinkStatus, evidence: str, changed: datetime
) -> TicketDraft:
    """``draft`` with its link at ``status``, unless it is there or further already.

    A finished link proves who the applicant is: ``evidence`` is the number of that check.
    """
    application = draft.application
    if application is None:
        return draft
    if later(status, application.link):
        application = msgspec.structs.replace(application, link=status)
    if evidence and all(known.reference != evidence for known in application.evidence):
        proof = Evidence("L3", "link", changed, evidence)
        application = msgspec.structs.replace(application, evidence=(*application.evidence, proof))
    return msgspec.structs.replace(draft, application=application)


def use_of(draft: TicketDraft) -> str:
    """What a ticket counts as in the menus' order of use: its intent."""
    return f"svc.{draft.service}" if draft.service else draft.recognised.intent
