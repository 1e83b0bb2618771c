"""A draft of the notes from what was said: a proposal that somebody has to confirm. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.model import Line
from flows.privacy import mask_text

# A second of assent is no opinion.
_SHORTEST = 4
_LONGEST = 600


def draft(lines: Sequence[Line], promise_words: Sequence[str]) -> str:
    """What the citizen said, and what leader or host answered or promised.

    ``promise_words`` tell an answer from other talk. "" where nothing of weight was said.
    """
    said = [
        text
        for line in lines
        if line.speaker == "caller" and not line.by_keys and len(text := _text(line)) >= _SHORTEST
    ]
    promised = [
        text
        for line in lines
        if line.speaker in ("leader", "host", "operator")
        and any(word in (text := _text(line)) for word in promise_words)
    ]
    parts = []
    if said:
        parts.append("群众意见：" + _joined(said))
    if promised:
        parts.append("答复或承诺：" + _joined(promised))
    return "\n".join(parts)


def _text(line: Line) -> str:
    return mask_text(line.clean or line.text).strip()


def _joined(texts: Sequence[str]) -> str:
    whole = "；".join(text.rstrip("。；，") for text in texts)
    return (whole[:_LONGEST] + "……") if len(whole) > _LONGEST else whole + "。"
