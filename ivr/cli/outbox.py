"""``hotline outbox``: what the other side refused, and delivering it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.table import Column, Table

from adapters.outbox import OUTBOXES, OutboxName, OutboxRow, deliver_again, outboxes
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli.database import audit, run
from ivr.cli.output import fail, print_json, screen

TITLES: Mapping[OutboxName, str] = {
    "tickets": "工单送平台",
    "notices": "紧急通知",
    "reports": "回访、评价报送",
}


@click.group("outbox")
def command() -> None:
    """对方退回、已停送的：列出、再次投递。 What the other side refuses, and delivering it again."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def list_parked(ctx: click.Context, as_json: bool) -> None:
    """列出已停送的。 List what waits for a person."""

    async def work(store: SqlStore) -> dict[OutboxName, Sequence[OutboxRow[Any]]]:
        return {name: await box.parked() for name, box in outboxes(store).items()}

    parked = run(ctx, work)
    shown = [
        {
            "outbox": name,
            "id": row.id,
            "number": row.message.subject,
            "attempts": row.attempts,
            "since": row.parked.isoformat(timespec="seconds") if row.parked else "",
            "reason": row.error,
        }
        for name, rows in parked.items()
        for row in rows
    ]
    if as_json:
        print_json(shown)
        return
    table = Table("outbox", "id", Column("number", no_wrap=True), "tries", "since", "reason")
    for line in shown:
        table.add_row(*(str(value) for value in line.values()))
    screen.print(table)


@command.command("retry")
@click.argument("outbox", type=click.Choice(OUTBOXES))
@click.argument("row_id", metavar="[ID]", type=int, required=False)
@click.option("--all", "every", is_flag=True, help="Every one of them.")
@click.pass_context
def retry(ctx: click.Context, outbox: OutboxName, row_id: int | None, every: bool) -> None:
    """再次投递一件，或全部（--all）。 Deliver one or all again; nodes see it by themselves."""
    if every is (row_id is not None):
        raise click.UsageError("give an ID from `hotline outbox list`, or --all")

    async def work(store: SqlStore) -> Sequence[OutboxRow[Any]]:
        again = await deliver_again(store, outbox, row_id, local_now())
        for row in again:
            await audit(store, "outbox.retry", row.message.subject, outbox)
        return again

    again = run(ctx, work)
    if row_id is not None and not again:
        fail(f"nothing of {outbox} is stopped under {row_id}")
    screen.print(f"{TITLES[outbox]}：{len(again)} 件再次投递 / to be delivered again", markup=False)
