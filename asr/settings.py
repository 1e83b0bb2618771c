"""How speech is heard and recognised: the documented knobs, with their defaults."""

from __future__ import annotations

import os
from typing import Literal

import msgspec


class VadSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When 20 ms of sound count as voice.

    ``mode`` is WebRTC's aggressiveness, 0-3. Measured over A-law: 2 finds 88 % of the frames
    of quiet speech (peaks at -26 dBFS) in light noise where 3 finds 73 %; in loud steady
    noise 0 and 1 take 37 and 8 % of a new line's noise for voice, 2 and 3 take 2 %.
    ``min_level_dbfs`` is the level under which nothing counts, ``over_noise_db`` how far above
    the line's own noise voice must be.
    """

    mode: int = 2
    min_level_dbfs: float = -55.0
    over_noise_db: float = 6.0


class ListenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a caller's turn begins and ends. All times in milliseconds of the caller's audio.

    ``onset_ms``: voice needed (within twice that time) before anything counts as sound.
    ``sustained_ms``: voice that makes a barge-in, not a cough.
    ``end_silence_ms``: silence that ends a turn.
    ``expected_silence_ms``: the same where the partial result already equals an answer
    that the dialogue expects.
    ``unfinished_silence_ms``: the same where the partial result looks unfinished.
    ``max_turn_ms``: the longest turn; a longer one is cut.
    ``cough_ms``: sound with less voice than this is forgotten, whatever was recognised.
    ``noise_ms``: sound with less voice than this and without a word is forgotten.
    ``preroll_ms``: how much sound before the onset is decoded too.
    ``rerank``: whether readings are put in order by what the dialogue expects
    (:mod:`asr.expecting`).
    ``phrase_lists``: whether, on a model with a dynamic graph, a question's expected answers
    are listened for first (:mod:`asr.phrased`). Any other answer is then decoded twice.
    """

    onset_ms: int = 60
    sustained_ms: int = 250
    end_silence_ms: int = 560
    expected_silence_ms: int = 260
    unfinished_silence_ms: int = 1100
    max_turn_ms: int = 20_000
    cough_ms: int = 160
    noise_ms: int = 300
    preroll_ms: int = 500
    rerank: bool = True
    phrase_lists: bool = False
    vad: VadSettings = VadSettings()


class AsrSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How speech is recognised.

    ``model``: the model's directory; "" takes the one selected with ``hotline models``, or
    else the shipped one. ``engine``: "vosk" or "sherpa" (extra ``sherpa``); "" goes by the
    model's files. ``threads``: decoding threads, 0 for one a core (more than the cores
    make it slower). ``alternatives``: how many readings of an utterance to ask for; 0 asks
    for one, with Vosk's own confidence. ``spare_streams``: recognisers kept warm between
    utterances; a model with a dynamic graph holds about 40 MiB in each.
    ``load_timeout_s``: how long a model may take to load. ``final_timeout_s``: how long the
    last result of an utterance may take before the decoder counts as stuck and is replaced.
    ``max_lag_s``: audio that may wait for decoding in one utterance before it is given up.
    """

    model: str = ""
    engine: Literal["", "vosk", "sherpa"] = ""
    threads: int = 0
    alternatives: int = 5
    spare_streams: int = 4
    load_timeout_s: float = 120.0
    final_timeout_s: float = 10.0
    max_lag_s: float = 10.0
    listen: ListenSettings = ListenSettings()

    def decode_threads(self) -> int:
        """How many threads decode: as set, or one for each core this process may use."""
        return self.threads or len(os.sched_getaffinity(0))
