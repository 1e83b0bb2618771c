"""What can be configured about speaking."""

from __future__ import annotations

from pathlib import Path

import msgspec


class SpeechSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the hotline speaks.

    ``prompts_dir``: the city's own WAV files, ``<prompt id>.wav``, each replacing a shipped
    prompt (None: none). ``cache_dir``: where composed speech is kept (None: the lead's data
    directory decides); at most ``cache_mb`` megabytes and ``cache_days`` days, for it holds
    what was read back to callers. ``voice`` and ``rate`` (words a minute) are espeak-ng's, for
    text known only at run time; one job may take ``tts_limit_s`` seconds.
    """

    prompts_dir: Path | None = None
    cache_dir: Path | None = None
    cache_mb: int = 256
    cache_days: float = 7.0
    voice: str = "cmn"
    rate: int = 160
    tts_limit_s: float = 3.0

    def __post_init__(self) -> None:
        if not 80 <= self.rate <= 400:
            raise ValueError(f"rate must be 80-400 words a minute, not {self.rate}")
        if self.tts_limit_s <= 0:
            raise ValueError("tts_limit_s must be above 0")
        if self.cache_mb < 1:
            raise ValueError("cache_mb must be at least 1")
        if self.cache_days <= 0:
            raise ValueError("cache_days must be above 0")
