"""Names and aliases are reached through the errors that recognisers make."""

from __future__ import annotations

import random

import pytest

from flows.knowledge import Knowledge
from tests.flows.routing.misreader import Misreader

SEED = 12345


@pytest.mark.parametrize(
    ("folded", "share", "least"),
    [(False, 0.3, 0.97), (False, 0.6, 0.93), (True, 0.3, 0.95), (True, 0.5, 0.9)],
)
def test_services_are_reached_through_homophones(
    knowledge: Knowledge, folded: bool, share: float, least: float
) -> None:
    intents = knowledge.intents.values()
    reader = Misreader([text for i in intents for text in i.examples], folded=folded)
    rng = random.Random(SEED)
    spoken = [
        (text, item.intent)
        for item in knowledge.catalogue.services
        for text in (item.name, *item.aliases)
    ]
    right = sum(
        knowledge.router.route(reader.misread(text, share, rng)).intent == intent
        for text, intent in spoken
    )
    assert right / len(spoken) >= least


def test_listed_confusions_are_put_right(knowledge: Knowledge) -> None:
    route = knowledge.router.route
    assert route("我想落车前面有车挡住").intent == "conv.move_car"
    assert route("专人工").intent == "sys.agent"
    assert route("我要办非公共租凭住房公积金提取").intent in ("svc.0701", "svc.0702")
    assert route("开一个清睡证明").intent == "svc.1203"
