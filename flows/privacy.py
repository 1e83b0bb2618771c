"""Masking personal numbers where a person need not read them: logs, lists, screens."""

from __future__ import annotations

import re

# Shorter runs are hotline numbers, house numbers, dates without a year.
_SHORTEST = 7

_NUMERALS = "0-9０-９〇零一二三四五六七八九幺两"

# Kept: ticket numbers, call ids (the time of day in UTC and random hexadecimal digits), and the
# hexadecimal ids that name keys. They are what a log is searched by, and they say nothing of
# a person.
_KEEP = (
    r"(?<![A-Za-z0-9])[A-Z]{2}20\d{12}(?!\d)"
    r"|(?<![0-9A-Za-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])20\d{12}-[0-9a-f]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])"
)
# Grouped as people write them: 138-1234-5678, 0779 203 1234, (0779)2031234.
_GROUPED = r"1\d{2}[- ]\d{4}[- ]\d{4}|\(?0\d{2,3}\)?[- ]?\d{3,4}[- ]?\d{4}"
# An identity number may end in X.
_RUN = rf"[{_NUMERALS}]{{{_SHORTEST},}}[Xx]?"

_PERSONAL = re.compile(f"(?P<keep>{_KEEP})|{_GROUPED}|{_RUN}")
_DIGIT = re.compile(rf"[{_NUMERALS}Xx]")


def mask_number(number: str) -> str:
    """A number that its owner still recognises: "13812345678" gives "138****5678".

    The first three and last four digits stay of eleven or more, two and two of seven to ten,
    nothing of fewer. Anything between the digits stays where it is.
    """
    places = [match.start() for match in _DIGIT.finditer(number)]
    if len(places) >= 11:
        hidden = places[3:-4]
    elif len(places) >= _SHORTEST:
        hidden = places[2:-2]
    else:
        hidden = places
    letters = list(number)
    for place in hidden:
        letters[place] = "*"
    return "".join(letters)


def mask_text(text: str) -> str:
    """``text`` with every run of seven or more digits masked.

    Spoken digits count (幺三八…), as do telephone numbers written in groups. Ticket numbers
    and hexadecimal call ids stay.
    """
    return _PERSONAL.sub(_mask, text)


def _mask(match: re.Match[str]) -> str:
    return match[0] if match["keep"] else mask_number(match[0])
