"""The recordings in the repository are whole, current and fit for a telephone line."""

from __future__ import annotations

import numpy as np
import pytest

from flows.prompts import LONGEST_S, all_prompts
from flows.yamlfile import data_root
from ivr.speech import levels
from ivr.speech.index import read_index
from ivr.speech.pcm import read_own, to_float
from ivr.speech.prompts import SHIPPED, TONES, PromptLibrary

INDEX = read_index(SHIPPED).recordings


def test_every_prompt_of_the_flows_is_recorded_in_its_present_words() -> None:
    assert [str(problem) for problem in PromptLibrary(all_prompts(data_root())).check()] == []


def test_nothing_lies_about_that_the_index_does_not_name() -> None:
    assert {path.stem for path in SHIPPED.glob("*.wav")} == set(INDEX)


@pytest.mark.parametrize("name", sorted(INDEX))
def test_a_recording_is_audible_unclipped_and_closely_cut(name: str) -> None:
    samples = to_float(read_own(SHIPPED / f"{name}.wav"))
    assert len(samples) * 1000 // 8000 == INDEX[name].ms
    assert float(np.abs(samples).max()) <= 10 ** (levels.PEAK_DBFS / 20) + 1e-3
    if name in TONES:
        return
    assert abs(levels.active_dbfs(samples) - levels.TARGET_DBFS) < 2.0
    assert max(levels.edges(samples)) <= 0.15
    assert len(samples) / 8000 <= LONGEST_S
