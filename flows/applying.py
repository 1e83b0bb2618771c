"""An application's form outside its dialogue: filled from a talk, or corrected by a person.

The same recognisers and rules as in the dialogue, applied to an application that it began.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from flows.dialogue.call import Call, Form
from flows.dialogue.config import DialogueConfig
from flows.dialogue.data import FlowData
from flows.dialogue.service import form as service_form
from flows.dialogue.service.application import application_of, sheet_of
from flows.dialogue.service.harvest import harvest
from flows.ticket import Application

_NEEDED = "value.needed"


class Question(msgspec.Struct, frozen=True):
    """One field that is taken by telephone. ``choices`` are all that it can be, () if free.

    ``value`` is "" where nothing was told, or the caller knew none.
    """

    slot: str
    label: str
    value: str
    private: bool
    choices: tuple[str, ...] = ()


class WrongValue(ValueError):
    """The text is no value of the field; the message says why, in Chinese, "" if nobody knows."""


def questions(data: FlowData, application: Application) -> tuple[Question, ...]:
    """The fields of the service's form that are asked, by what is filled now, in their order."""
    call = _call(data, application, "", None)
    if call is None:
        return ()
    return tuple(
        Question(
            slot,
            service_form.spec_of(call, slot).label,
            service_form.value_of(call, slot),
            service_form.kind_of(call, slot).private,
            tuple(choice.name for choice in service_form.spec_of(call, slot).choices),
        )
        for slot in service_form.asked(call)
    )


def heard(
    data: FlowData,
    application: Application,
    texts: Sequence[str],
    *,
    caller: str = "",
    now: datetime | None = None,
    kept: Collection[str] = (),
) -> tuple[Application, dict[str, str]]:
    """``application`` with what ``texts`` say of fields still empty, and which text said it.

    Fields in ``kept`` are a person's.
    """
    call = _call(data, application, caller, now)
    if call is None:
        return application, {}
    words: dict[str, str] = {}
    for text in texts:
        for slot in harvest(call, text, but=kept):
            words[slot] = text
    return (_application(call, application), words) if words else (application, {})


def put(
    data: FlowData,
    application: Application,
    slot: str,
    text: str,
    *,
    caller: str = "",
    now: datetime | None = None,
) -> Application:
    """``application`` with ``slot`` as a person wrote it. Raises :class:`WrongValue`.

    An empty text is the answer of a caller who knows none, where the field may be empty. What
    was proved by an earlier value is proved no longer.
    """
    call = _call(data, application, caller, now)
    if call is None or slot not in service_form.asked(call):
        raise WrongValue("")
    taken = service_form.kind_of(call, slot).hear(text or "没有", service_form.setting(call, slot))
    if taken.value is None:
        # What is said to a caller who has no answer is no word for whoever writes one.
        known = taken.problem not in ("", _NEEDED)
        raise WrongValue(data.prompts.get(taken.problem, "") if known else "")
    service_form.fill(call, slot, taken.value, "speech")
    return _application(call, application)


def _call(
    data: FlowData, application: Application, caller: str, now: datetime | None
) -> Call | None:
    """A dialogue's memory with nothing but this form in it."""
    sheet = sheet_of(application, data.knowledge.catalogue)
    if sheet is None:
        return None
    sheet = replace(
        sheet,
        evidence=application.evidence,
        link=application.link,
        link_reference=application.link_reference,
    )
    at = now.replace(tzinfo=None) if now is not None else None
    form = Form("办件", sheet=sheet)
    return Call(data, DialogueConfig(), caller=caller, at=at, form=form)


def _application(call: Call, before: Application) -> Application:
    made = application_of(call.data.knowledge.catalogue, service_form.sheet(call))
    assert made is not None
    return replace(
        before,
        fields=made.fields,
        evidence=made.evidence,
        link=made.link,
        link_reference=made.link_reference,
    )
