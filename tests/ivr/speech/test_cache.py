"""Composed speech is kept within bounds, the longest unused going first."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from ivr.speech.cache import WavCache
from ivr.speech.pcm import Pcm

PCM: Pcm = np.ones(4000, dtype=np.int16)
SIZE = 8044
HOUR = 3600.0


def age(cache: WavCache, key: str, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(cache.directory / f"{key}.wav", (moment, moment))


def keys(cache: WavCache) -> set[str]:
    return {path.stem for path in cache.directory.iterdir()}


def test_what_was_put_is_found_and_private(tmp_path: Path) -> None:
    cache = WavCache(tmp_path / "a" / "b", limit=SIZE * 10)
    assert cache.get("k") is None
    path = cache.put("k", PCM)
    assert cache.get("k") == path
    assert path.stat().st_size == SIZE
    assert cache.directory.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    cache = WavCache(tmp_path, limit=SIZE * 2)
    for number in range(4):
        cache.put(str(number), PCM)
        age(cache, str(number), HOUR * (10 - number))
    assert cache.get("0") is not None  # used just now
    assert cache.sweep() == 2
    assert keys(cache) == {"0", "3"}


def test_what_was_just_given_out_stays_even_above_the_limit(tmp_path: Path) -> None:
    cache = WavCache(tmp_path, limit=1)
    cache.put("old", PCM)
    age(cache, "old", HOUR)
    cache.put("new", PCM)
    cache.sweep()
    assert keys(cache) == {"new"}


def test_personal_speech_does_not_stay_for_ever(tmp_path: Path) -> None:
    cache = WavCache(tmp_path, limit=SIZE * 10, days=2.0)
    for key, hours in (("old", 49), ("recent", 47)):
        cache.put(key, PCM)
        age(cache, key, HOUR * hours)
    assert cache.sweep() == 1
    assert keys(cache) == {"recent"}


def test_putting_keeps_the_bound_by_itself(tmp_path: Path) -> None:
    cache = WavCache(tmp_path, limit=SIZE * 5)
    for number in range(120):
        cache.put(str(number), PCM)
        age(cache, str(number), HOUR)
    assert len(keys(cache)) <= 5 + 50
