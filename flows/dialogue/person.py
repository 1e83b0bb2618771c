"""Which person a caller needs, and how soon, by what the dialogue knows of them."""

from __future__ import annotations

from flows.commands import Priority
from flows.dialogue.call import Call

ENTERPRISE = "enterprise"
EMERGENCY = "emergency"


def priority(call: Call) -> Priority:
    """The caller's class in the operators' queue."""
    if call.emergency is not None:
        return "emergency"
    if call.returns:
        return "dropped"
    return "enterprise" if _enterprise(call) else "other"


def wanted_skills(call: Call) -> tuple[str, ...]:
    """What the operator should be able to do; in a danger nothing else counts."""
    if call.emergency is not None:
        return (EMERGENCY,)
    also = (ENTERPRISE,) if _enterprise(call) else ()
    return tuple(dict.fromkeys((*call.skills, *also)))


def knows_nothing(call: Call) -> bool:
    """Whether the caller has not said anything that could be worked on yet."""
    return call.form is None and call.filed is None and not call.words and not call.waiting


def _enterprise(call: Call) -> bool:
    """Whether an enterprise calls: it said so, or the service is for enterprises alone."""
    if ENTERPRISE in call.skills:
        return True
    code = call.form.service if call.form is not None else ""
    if not code and call.filed is not None:
        code = call.filed.draft.service
    service = call.data.knowledge.catalogue.service(code) if code else None
    return service is not None and service.audience == "企业"
