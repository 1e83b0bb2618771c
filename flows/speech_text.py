"""Speech as text, for those who read what others hear."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, Digits, Pause, Say, Text
from flows.dialogue import FlowData


def speech_text(data: FlowData, speech: tuple[AnySpeech, ...]) -> str:
    """What the pieces of a ``Play`` say, as text."""
    parts: list[str] = []
    for piece in speech:
        match piece:
            case Say():
                parts.append(data.prompts[piece.prompt])
            case Text() | Digits():
                parts.append(piece.text)
            case Pause():
                pass
    text = "，".join(parts)
    return re.sub(r"([，。？！：])，", r"\1", text)
