"""Everything that can keep the line from opening, and how to say it."""

from __future__ import annotations

from adapters.ports import StoreError
from flows.yamlfile import DataError
from ivr.equip import StartupError
from ivr.sip.kamailio import KamailioError
from ivr.sip.pool import PoolError
from ivr.speech.errors import SpeechError

STARTUP_ERRORS = (
    StartupError,
    StoreError,
    DataError,
    KamailioError,
    PoolError,
    SpeechError,
    OSError,
)


def in_words(error: Exception) -> str:
    """The sentence for a person at a terminal."""
    return f"the line cannot open: {error}"
