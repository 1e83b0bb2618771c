"""Dialogues written as a time line and followed line by line.

::

    caller: 人民路路灯坏了          what is typed into the simulator
    hotline: form.where.road       prompts said since, in this order, perhaps with others between
    says: 侨港镇                    words that were said since
    ticket: type=求助 occurred=半个月   the ticket filed since
    transfer: operator asked       target and reason of the transfer since
    state: Where
    over:
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from flows.commands import FileTicket, Play, Say, Transfer
from flows.dialogue import DialogueConfig, FlowData
from flows.simulator import Simulation
from flows.speech_text import speech_text


def follow(
    data: FlowData,
    script: str,
    *,
    caller: str = "13900000001",
    config: DialogueConfig | None = None,
    before: Sequence[str] = (),
) -> Simulation:
    """Run ``script`` and check each of its lines; returns the simulation for further checks.

    ``before`` is typed before the call is answered. Unless ``config`` says so, callers are not
    asked how they rate the service.
    """
    call = Simulation(data, config or DialogueConfig(rate=()), caller=caller)
    for line in before:
        call.type(line)
    call.start()
    since = 0
    for line in textwrap.dedent(script).strip().splitlines():
        who, _, rest = line.partition(":")
        rest = rest.strip()
        if who == "caller":
            since = len(call.commands)
            call.type(rest)
        else:
            _check(data, call, who, rest, since, line)
    return call


def _check(data: FlowData, call: Simulation, who: str, rest: str, since: int, line: str) -> None:
    new = call.commands[since:]
    plays = [command for command in new if isinstance(command, Play)]
    where = f"{line!r} after:\n" + "\n".join(f"{item.who}: {item.text}" for item in call.lines)
    match who:
        case "hotline":
            said = [
                piece.prompt for play in plays for piece in play.speech if isinstance(piece, Say)
            ]
            at = 0
            for prompt in rest.split():
                assert prompt in said[at:], f"{prompt} not in {said[at:]}; {where}"
                at += said[at:].index(prompt) + 1
        case "silent":
            assert not plays, where
        case "says":
            assert any(rest in speech_text(data, play.speech) for play in plays), where
        case "ticket":
            tickets = [command for command in new if isinstance(command, FileTicket)]
            assert len(tickets) == 1, where
            for pair in rest.split():
                name, _, value = pair.partition("=")
                assert _text(_value(tickets[0], name)) == value, f"{name}; {where}"
        case "no-ticket":
            assert not any(isinstance(command, FileTicket) for command in new), where
        case "transfer":
            transfers = [command for command in new if isinstance(command, Transfer)]
            assert transfers, where
            found = [f"{command.target} {command.card.reason}" for command in transfers]
            assert found == [item.strip() for item in rest.split(",")], where
        case "state":
            assert call.dialogue.state == rest, f"{call.dialogue.state}; {where}"
        case "over":
            assert call.over, where
        case _:
            raise ValueError(line)


def _value(command: FileTicket, name: str) -> Any:
    if name == "ticket_no":
        return command.ticket_no
    value: Any = command.draft
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "、".join(value) if isinstance(value, tuple) else str(value)
