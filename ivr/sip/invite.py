"""What an INVITE says about who calls whom."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

from ivr.sip.messages import Incoming

# Kamailio puts the real source here, and takes away what strangers wrote.
SOURCE_HEADER = "X-Hotline-Source"

_USER = re.compile(r"(?:sips?|tel):([^@;>\s]*)", re.IGNORECASE)


def header(message: str, *names: str) -> str:
    """The first value of the first of ``names`` that ``message`` has, "" if none."""
    for name in names:
        found = re.search(rf"^{re.escape(name)}[ \t]*:[ \t]*(.*?)\r?$", message, re.I | re.M)
        if found:
            return found[1]
    return ""


def user_of(address: str) -> str:
    """The user part of a SIP or tel address, "" if it has none."""
    found = _USER.search(address)
    return found[1].split(":")[0] if found else ""


def new_call_id() -> str:
    """A name for a call that no other has."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex[:12]}"


def incoming(invite: str, source: str, *, proxied: bool) -> Incoming:
    """Describe ``invite``. ``source`` is where the packet came from.

    The call is given an identifier of our own: a caller can repeat a Call-ID.
    """
    return _incoming(
        invite.split("\r\n", 1)[0],
        header(invite, "P-Asserted-Identity"),
        header(invite, "From", "f"),
        (header(invite, SOURCE_HEADER) if proxied else "") or source,
    )


def refused(note: str) -> Incoming:
    """The caller whom Kamailio has refused, from its note.

    That is the source, and the addresses of request, From and P-Asserted-Identity (if there is
    one), separated by blanks.
    """
    source, request, sender, asserted = (*note.split(" "), "", "", "", "")[:4]
    return _incoming(request, asserted, sender, source)


def _incoming(request: str, asserted: str, sender: str, source: str) -> Incoming:
    caller = user_of(asserted) or user_of(sender)
    return Incoming(
        call_id=new_call_id(),
        caller="" if caller.lower() == "anonymous" else caller,
        called=user_of(request),
        source=source,
    )
