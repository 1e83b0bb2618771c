"""Which kind of value each ``type`` of ``slots.yaml`` is."""

from __future__ import annotations

from collections.abc import Mapping

from flows.values.amount import INT, MONEY, NUMBER
from flows.values.citizen import ID_NO
from flows.values.credit import USCC
from flows.values.dates import DATE, DATETIME
from flows.values.dictated import ALNUM, DIGITS, DIGITS4
from flows.values.name import NAME
from flows.values.period import PERIOD
from flows.values.pick import BOOL, CHOICE
from flows.values.places import ADDRESS, DIVISION
from flows.values.plain import BANK_CARD, ORG, TEXT
from flows.values.plate import PLATE
from flows.values.telephone import LANDLINE, MOBILE, PHONE
from flows.values.value import Kind

KINDS: Mapping[str, Kind] = {
    "person_name": NAME,
    "cn_id18": ID_NO,
    "cn_mobile": MOBILE,
    "landline": LANDLINE,
    "phone": PHONE,
    "bool": BOOL,
    "choice": CHOICE,
    "org_name": ORG,
    "uscc18": USCC,
    "address": ADDRESS,
    "division": DIVISION,
    "text": TEXT,
    "date": DATE,
    "datetime": DATETIME,
    "date_range": PERIOD,
    "bank_card": BANK_CARD,
    "alnum": ALNUM,
    "number": NUMBER,
    "int": INT,
    "digits": DIGITS,
    "digits4": DIGITS4,
    "plate": PLATE,
    "money": MONEY,
}


def kind(type_name: str) -> Kind:
    """The kind for a slot's ``type``. Raises :class:`KeyError` with the types that exist."""
    try:
        return KINDS[type_name]
    except KeyError:
        known = ", ".join(sorted(KINDS))
        raise KeyError(f"no kind of value is called {type_name!r}; there are {known}") from None
