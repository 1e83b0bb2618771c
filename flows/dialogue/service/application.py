"""The application as the platform gets it, and a sheet made from one again."""

from __future__ import annotations

from collections.abc import Mapping

from flows.catalogue import Catalogue, Service, SlotSpec
from flows.dialogue.service.sheet import Sheet
from flows.ticket import Application, FieldValue

_CONSENT = "consent"


def application_of(catalogue: Catalogue, sheet: Sheet) -> Application | None:
    """What ``sheet`` comes to; None where the caller refused to have it handed in."""
    service = catalogue.service(sheet.service)
    if service is None or sheet.consent is False:
        return None
    return Application(
        service=service.code,
        mode=service.mode,
        fields=_fields(catalogue.slots, service, sheet),
        evidence=sheet.evidence,
        link=sheet.link,
        link_reference=sheet.link_reference,
        appointment=sheet.appointment,
        booking=sheet.booking,
        told=sheet.told,
    )


def _fields(
    slots: Mapping[str, SlotSpec], service: Service, sheet: Sheet
) -> tuple[FieldValue, ...]:
    """The fields in the form's order; those whose guards do not hold are no part of it."""
    values = {slot: filled.value for slot, filled in sheet.filled.items()}
    found = []
    for use in service.fields:
        if not all(values.get(slot, "") in allowed for slot, allowed in use.when.items()):
            continue
        spec = slots[use.slot]
        if use.slot in sheet.filled:
            found.append(sheet.filled[use.slot])
        elif spec.link:
            found.append(FieldValue(use.slot, spec.label, "", by="link"))
    return tuple(found)


def sheet_of(application: Application, catalogue: Catalogue) -> Sheet | None:
    """The sheet of an application that broke off; None if there is no such service any more.

    What proved who the caller was is not restored: this may be somebody else.
    """
    service = catalogue.service(application.service)
    if service is None:
        return None
    known = {use.slot for use in service.fields}
    filled = {
        value.slot: value
        for value in application.fields
        if value.slot in known and not (value.by == "link" and catalogue.slots[value.slot].link)
    }
    consent = True if _CONSENT in filled else None
    return Sheet(service=service.code, filled=filled, consent=consent)
