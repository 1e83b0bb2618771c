"""What an operator of the hotline may set about the dialogue."""

from __future__ import annotations

from typing import Literal

import msgspec


class DialogueConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the dialogue; times in seconds unless named otherwise.

    ``person_first`` puts every caller straight through to a person after the recording
    notice. ``end_silence_*`` are how long a silence ends a turn: at open questions, at
    dictated numbers, at short answers (0: the listener's default). ``most_turns`` bounds a
    call that never comes to an end. ``operator_tries`` is how often one call rings the
    operator before it is only offered a call back. ``wait_s`` is how long the caller waits for a
    system outside before being told so again; after the third time it goes on without.
    ``slower`` is the pace of the hotline's speech for those who ask for it. ``rate``: callers
    rate the service after a "person" has talked with them, after the "machine" has taken a matter
    down; never after an emergency.
    """

    person_first: bool = False
    no_input_s: float = 6.0
    pause_s: float = 30.0
    inter_digit_s: float = 3.0
    wait_s: float = 8.0
    slower: float = 0.8
    end_silence_open_ms: int = 900
    end_silence_digits_ms: int = 1200
    end_silence_short_ms: int = 0
    most_turns: int = 80
    operator_tries: int = 3
    rate: tuple[Literal["person", "machine"], ...] = ("person", "machine")
