"""Names and aliases are reached through the errors that recognisers make."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest

from flows.knowledge import Knowledge
from flows.phonetic import fold, sound

SEED = 12345


class Misreader:
    """Replaces characters by others of the same sound, or of a sound easily confused with it."""

    def __init__(self, texts: list[str], *, folded: bool) -> None:
        self._folded = folded
        by_sound: dict[str, set[str]] = defaultdict(set)
        for text in texts:
            heard = sound(text)
            for char, syllable in zip(heard.chars, heard.syllables, strict=True):
                by_sound[self._key(syllable)].add(char)
        self._chars = {key: sorted(chars) for key, chars in by_sound.items()}

    def _key(self, syllable: str) -> str:
        return fold(syllable) if self._folded else syllable

    def misread(self, text: str, share: float, rng: random.Random) -> str:
        heard = sound(text)
        written = list(heard.chars)
        for place in rng.sample(range(len(written)), round(share * len(written))):
            others = self._chars[self._key(heard.syllables[place])]
            written[place] = rng.choice([c for c in others if c != written[place]] or others)
        return "".join(written)


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
