"""What the page is given once: its words and the values to choose from."""

from __future__ import annotations

from typing import get_args

from flows.dialogue.data import FlowData
from flows.taking_down import takes_down, type_of
from flows.ticket import Confidentiality, TicketType, Urgency
from flows.values.places import communities
from ivr.console.desk.parts import DeskParts
from ivr.console.words import Language, Speaker, texts

_WORDS = ("desk.", "speaker.", "reason.")


def boot(parts: DeskParts, language: Language) -> dict[str, object]:
    """Texts by id, types, intents, units, places with their grids, and who may be rung."""
    data = parts.data()
    speak = Speaker(language)
    return {
        "words": {text: speak(text) for text in texts() if text.startswith(_WORDS)},
        "language": language,
        "types": list(get_args(TicketType)),
        "urgencies": list(get_args(Urgency)),
        "confidential": list(get_args(Confidentiality)),
        "intents": _intents(data),
        "units": list(data.knowledge.catalogue.units),
        "counties": [
            {"code": county.code, "name": county.name}
            for county in data.knowledge.gazetteer.data.counties
        ],
        "towns": [
            {
                "code": town.code,
                "name": town.name,
                "communities": [
                    {"code": one.code, "name": one.name, "grids": one.grids}
                    for one in communities(town.code)
                ],
            }
            for town in data.knowledge.gazetteer.data.towns
        ],
        "targets": [
            {"target": one.target, "name": one.name, "use": one.use}
            for one in parts.targets().numbers
        ],
        "seats": list(parts.uris),
    }


def _intents(data: FlowData) -> list[dict[str, object]]:
    return [
        {"id": intent.id, "name": intent.name, "type": type_of(intent)}
        for intent in data.knowledge.intents.values()
        if takes_down(intent)
    ]
