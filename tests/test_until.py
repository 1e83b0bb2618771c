"""Waiting for a condition."""

from __future__ import annotations

import asyncio

import pytest

from tests.until import until


async def test_what_is_true_in_the_end_is_given_back() -> None:
    counted: list[int] = []

    def plain() -> list[int]:
        counted.append(1)
        return counted if len(counted) > 3 else []

    async def awaited() -> str:
        return "there" if plain() else ""

    assert await until(plain) is counted
    assert await until(awaited) == "there"


async def test_a_failure_says_what_was_waited_for() -> None:
    never: list[str] = []
    with pytest.raises(AssertionError, match=r"until\(lambda: never.*test_until\.py:\d+"):
        await until(lambda: never, limit_s=0.01)
    with pytest.raises(AssertionError, match="a ring at the seat"):
        await until(lambda: never, limit_s=0.01, what="a ring at the seat")
    # A condition that hangs is no excuse.
    with pytest.raises(AssertionError, match=r"def wait\(.*locks\.py:\d+"):
        await until(asyncio.Event().wait, limit_s=0.01)
