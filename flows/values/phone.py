"""Telephone numbers: mobile and fixed, keyed or spoken."""

from __future__ import annotations

import re

from flows.values.digits import digit_runs, spoken_digits

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_FIXED = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$|0?[1-9][0-9]{8,10}$)")


def phone_number(text: str, area_code: str = "") -> str | None:
    """``text`` as a dialable number of digits alone, None if it is none.

    Mobile numbers have 11 digits, fixed ones an area code and 7 or 8; a fixed number
    without area code gets ``area_code``. A country code +86 is dropped.
    """
    digits = re.sub(r"[\s\-()（）]", "", text)
    country = _COUNTRY.match(digits)
    if country:
        digits = digits[country.end() :]
        if not _MOBILE.fullmatch(digits) and not digits.startswith("0"):
            digits = "0" + digits
    if _MOBILE.fullmatch(digits) or _FIXED.fullmatch(digits):
        return digits
    if area_code and _LOCAL.fullmatch(digits):
        return area_code + digits
    return None


def spoken_phone(text: str, area_code: str = "") -> str | None:
    """The number in an answer that is expected to be one; tolerant of homophones."""
    for run in digit_runs(text):
        if number := phone_number(run, area_code):
            return number
    return phone_number(spoken_digits(text), area_code)


def phone_in(text: str) -> str | None:
    """A mobile or full fixed number somewhere in a sentence about something else."""
    for run in digit_runs(text):
        if number := phone_number(run):
            return number
    return None
