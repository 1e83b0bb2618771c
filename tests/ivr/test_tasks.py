"""Tasks end even if one takes a cancellation for something else."""

from __future__ import annotations

import asyncio

from ivr import tasks


async def test_a_lost_cancellation_is_repeated() -> None:
    lost: list[str] = []

    async def stubborn() -> None:
        while len(lost) < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                lost.append("taken for a time-out")

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await tasks.cancelled([task])
    assert task.done() and len(lost) == 2


async def test_nothing_to_end_is_no_wait() -> None:
    await tasks.cancelled([])
