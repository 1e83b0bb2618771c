"""Traditional characters as simplified ones. The only module that imports ``opencc``."""

from __future__ import annotations

from functools import cache

import opencc


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """The text in simplified characters; one that is simplified already does not change."""
    return str(_converter().convert(text))
