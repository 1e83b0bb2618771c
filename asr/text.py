"""Small clean-up of what a recogniser writes, before anybody reads it.

Numerals stay as they were said (``幺三八``); turning them into digits is not done here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOT_A_WORD = re.compile(r"^(?:[<\[].*[>\]]|!?SIL|#\d+)$", re.IGNORECASE)
_REPEATED_FILLER = re.compile(r"(嗯|呃|啊|哦|唉|诶|喂|那个|这个|就是)\1+")


def is_word(token: str) -> bool:
    """Whether ``token`` is speech: not ``[unk]``, ``<eps>``, ``[noise]``, ``SIL``."""
    return bool(token) and not _NOT_A_WORD.match(token)


def join_words(tokens: Iterable[str]) -> str:
    """The words without spaces between them; what is not speech is dropped."""
    return "".join(token for token in tokens if is_word(token))


def join_spaced(text: str) -> str:
    """The same for a text in which a recogniser put spaces between the words."""
    return join_words(text.split())


def clean(text: str) -> str:
    """A text fit for a transcript: repeated fillers (``嗯嗯嗯``) become one."""
    return _REPEATED_FILLER.sub(r"\1", text)
