"""Passwords: hashed with Argon2id (RFC 9106), checked without telling who exists."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
_hasher = PasswordHasher()
# What is checked when there is no such user, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


class WeakPassword(ValueError):
    """The password will not do; the message says why, in Chinese."""


async def hashed(password: str) -> str:
    """The hash to keep. Raises :class:`WeakPassword`."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"密码至少 {SHORTEST} 个字符")
    return await asyncio.to_thread(_hasher.hash, password)


async def right(password: str, known: str | None) -> bool:
    """Whether ``password`` belongs to the hash ``known``; None takes as long and is false."""
    fits = await asyncio.to_thread(_verify, known or _NOBODY, password)
    return fits and known is not None


def _verify(known: str, password: str) -> bool:
    try:
        return _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
