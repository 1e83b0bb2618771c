"""What PJSIP refuses to do, as exceptions of this project."""

from __future__ import annotations

from collections.abc import Callable

import pjsua2 as pj

# PJ_ETOOMANY, which the Python binding leaves out.
_TOO_MANY = 70010


class SipError(Exception):
    """PJSIP refused to do something; the message is its own."""


class NoPlace(SipError):
    """All legs that PJSIP has are taken: an ended one may not be quite gone yet."""


class PortInUse(SipError):
    """The SIP port is taken by another program."""


def guard(action: Callable[[], object]) -> None:
    """Do ``action``; raises :class:`SipError` with PJSIP's own words if it is refused."""
    try:
        action()
    except pj.Error as error:
        kind = NoPlace if error.status == _TOO_MANY else SipError
        raise kind(str(error.reason)) from None
