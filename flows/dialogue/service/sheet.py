"""What has been taken down for one service so far."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from flows.requests import Appointment
from flows.ticket import Evidence, FieldValue, LinkStatus


class Sheet(msgspec.Struct, frozen=True):
    """One service's form while it is being filled; ``service`` is its four-digit number.

    ``filled`` is by slot, in the order of filling; ``parts`` are beginnings of dictated
    answers. ``consent`` is None until it was asked. ``confirmed``: the caller has heard the
    read-back and agreed. ``identity`` is the reference of the identity check that was passed,
    None before. ``settled``: nothing more is asked of systems outside (one could not be
    reached, or the caller cannot be verified), so a person has to go on; ``why`` says why.
    """

    service: str
    filled: Mapping[str, FieldValue] = {}
    parts: Mapping[str, str] = {}
    consent: bool | None = None
    confirmed: bool = False
    identity: str | None = None
    mismatches: int = 0
    codes_sent: int = 0
    evidence: tuple[Evidence, ...] = ()
    link: LinkStatus = "none"
    link_reference: str = ""
    appointment: Appointment | None = None
    booking: str = ""
    told: tuple[str, ...] = ()
    settled: bool = False
    why: str = ""
