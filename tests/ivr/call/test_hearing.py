"""What the recogniser is told to listen for first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from asr.scripted import ScriptedDecoder
from asr.settings import ListenSettings
from flows.commands import KeyInput, Listen
from ivr.call.hearing import Hearing
from ivr.call.services import Services
from ivr.sip.messages import Audio
from tests.asr.sounds import speech


@pytest.mark.parametrize(
    ("command", "phrase_lists", "expected"),
    [
        (Listen(expect=("对", "不对")), True, ("对", "不对", "着火")),
        (Listen(expect=("对", "不对")), False, ()),
        (Listen(), True, ()),
        (Listen(keys=KeyInput(max_digits=11), expect=("不记得",)), True, ()),
    ],
)
async def test_only_a_question_of_few_answers_is_listened_for_with_a_list(
    command: Listen, phrase_lists: bool, expected: tuple[str, ...]
) -> None:
    decoder = ScriptedDecoder()
    await decoder.start()
    services = SimpleNamespace(
        decoder=decoder,
        listening=ListenSettings(phrase_lists=phrase_lists),
        always_heard=("着火",),
    )
    hearing = Hearing(cast(Services, services), lambda heard: None, lambda leg: ("caller", ""))
    hearing.hear(Audio(0, 0, bytes(320)))
    hearing.expect(command)
    hearing.hear(Audio(0, 20, speech()))
    hearing.close()
    assert decoder.opened == 1
    assert decoder.phrases == expected
