"""What the page's buttons mean as orders about a call."""

from __future__ import annotations

from typing import Any

from ivr import control
from ivr.talk.targets import Targets


class BadOrder(ValueError):
    """No such order, or nobody there to be rung; ``text`` is the id of a text."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def order_of(asked: dict[str, Any], by: str, targets: Targets, seat: str) -> control.Order:
    """The order that a page asks for. Raises :class:`BadOrder`.

    ``seat`` is the operator's own: nobody is put through to themselves. Who carries the order out
    looks the target up again.
    """
    on = asked.get("on") is not False
    match asked.get("do"):
        case "hold":
            return control.Hold(by, on)
        case "mute":
            return control.Mute(by, on)
        case "blind":
            return control.Blind(by, _target(asked, targets, seat))
        case "consult":
            return control.Consult(by, _target(asked, targets, seat))
        case "conference":
            given = asked.get("target")
            return control.Conference(by, _target(asked, targets, seat) if given else "")
        case "complete":
            return control.Complete(by)
        case "retrieve":
            return control.Retrieve(by)
        case "end":
            return control.End(by)
        case _:
            raise BadOrder("desk.bad.order")


def _target(asked: dict[str, Any], targets: Targets, seat: str) -> str:
    target = str(asked.get("target", ""))
    if target == f"seat:{seat}" or targets.find(target) is None:
        raise BadOrder("desk.bad.target")
    return target
