"""The fixed sentences: none missing, none too long, none that cannot be read aloud."""

from __future__ import annotations

import re
from pathlib import Path

import flows
from flows.dialogue import FlowData
from flows.prompts import LONGEST_S, all_prompts, seconds, spoken_name
from flows.yamlfile import data_root

SOURCE = Path(flows.__file__).parent


def named_in_the_source() -> set[str]:
    """The prompt ids that the dialogue names outright."""
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    return set(re.findall(r'Say\("([^"{]+)"', text))


def test_every_prompt_that_the_dialogue_names_exists(data: FlowData) -> None:
    named = named_in_the_source()
    assert len(named) > 50
    assert named <= set(data.prompts)


def test_every_intent_place_and_service_has_a_name_to_say(data: FlowData) -> None:
    knowledge = data.knowledge
    for intent in knowledge.intents:
        if intent.startswith("em."):
            assert f"{intent}.ask" in data.prompts
            assert f"{intent}.safety" in data.prompts
        elif not intent.startswith("svc."):
            assert f"intent.{intent}" in data.prompts
    assert all(f"svc.{item.code}" in data.prompts for item in knowledge.catalogue.services)
    assert all(f"cat.{item.code}" in data.prompts for item in knowledge.catalogue.categories)
    assert all(f"county.{item.code}" in data.prompts for item in knowledge.gazetteer.data.counties)
    assert all(f"town.{item.code}" in data.prompts for item in knowledge.gazetteer.data.towns)


def test_safety_sentences_say_what_the_data_says(data: FlowData) -> None:
    for kind in data.knowledge.emergencies.values():
        spoken = data.prompts[f"{kind.id}.safety"]
        written = kind.safety.replace("119", "幺幺九").replace("120", "幺二零")
        assert spoken == written


def test_transfers_to_known_numbers_are_announced(data: FlowData) -> None:
    for kind in data.knowledge.emergencies.values():
        for number in kind.transfer:
            assert f"transfer.{number}" in data.prompts


def test_no_prompt_is_longer_than_twelve_seconds(data: FlowData) -> None:
    for prompt, text in data.prompts.items():
        assert 0 < seconds(text) <= LONGEST_S, (prompt, text)


def test_no_prompt_has_digits_or_placeholders(data: FlowData) -> None:
    for prompt, text in data.prompts.items():
        assert not re.search(r"[0-9{}%<>…（）()“”]", text), (prompt, text)


def test_ids_are_fit_for_file_names(data: FlowData) -> None:
    for prompt in data.prompts:
        assert re.fullmatch(r"[a-z][a-z0-9_]*(?:[.-][\w（），、-]+)*", prompt), prompt
        assert len(prompt.encode()) < 200, prompt


def test_all_prompts_is_what_the_dialogue_uses(data: FlowData) -> None:
    assert all_prompts(data_root()) == data.prompts


def test_names_are_spoken_without_brackets() -> None:
    assert spoken_name("新生儿出生“一件事”联办") == "新生儿出生一件事联办"
    assert spoken_name("社会生活噪声（广场舞、烧烤、酒吧）") == "社会生活噪声"
