"""Commands that work on the configured database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from adapters.accounts import AuditEntry
from adapters.ports import StoreError
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli.options import configuration
from ivr.cli.output import fail

T = TypeVar("T")


def run(ctx: click.Context, work: Callable[[SqlStore], Awaitable[T]]) -> T:
    """Do ``work`` on the configured database; what it cannot do ends the command with a word."""
    config = configuration(ctx)

    async def opened() -> T:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        store = SqlStore(config.database_url, busy_timeout_s=config.store.busy_timeout_s)
        try:
            await store.start()
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(opened())
    except (StoreError, OSError) as error:
        fail(str(error))


async def audit(store: SqlStore, action: str, subject: str, detail: str = "") -> None:
    """Keep what was done from the command line."""
    await store.audit(AuditEntry(local_now(), "(command line)", action, subject, detail))
