"""The recordings in the repository are whole, current and fit for a telephone line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flows.prompts import LONGEST_S, all_prompts
from flows.yamlfile import data_root
from ivr.speech import levels
from ivr.speech.index import read_index
from ivr.speech.pcm import read_own, to_float
from ivr.speech.prompts import SHIPPED, TONES, PromptLibrary, shipped_file

INDEX = read_index(SHIPPED).recordings


def test_every_prompt_of_the_flows_is_recorded_in_its_present_words() -> None:
    assert [str(problem) for problem in PromptLibrary(all_prompts(data_root())).check()] == []


def test_nothing_lies_about_that_the_index_does_not_name() -> None:
    files = (path for path in SHIPPED.iterdir() if path.suffix in (".wav", ".ogg"))
    assert sorted(path.name.removesuffix(path.suffix) for path in files) == sorted(INDEX)


def test_recordings_are_audible_unclipped_closely_cut_and_short() -> None:
    assert [fault for name in INDEX for fault in _faults(name)] == []


def _faults(name: str) -> Iterator[str]:
    samples = to_float(read_own(shipped_file(SHIPPED, name)))
    if abs(len(samples) * 1000 // 8000 - INDEX[name].ms) > 1:
        yield f"{name} is as long as the index says"
    if float(np.abs(samples).max()) > 10 ** (levels.PEAK_DBFS / 20) + 0.05:
        yield f"{name} is too loud"
    if name in TONES:
        return
    if abs(levels.active_dbfs(samples) - levels.TARGET_DBFS) > 2.0:
        yield f"{name}: {levels.active_dbfs(samples):.1f} dBFS"
    if max(levels.edges(samples)) > 0.17:
        yield f"{name} has silence at an end"
    if len(samples) / 8000 > LONGEST_S:
        yield f"{name}: {len(samples) / 8000:.1f} s"
