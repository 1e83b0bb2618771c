"""``hotline leader``: leader callbacks from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from rich.table import Table

from adapters.leader_platform import MemoryLeaderPlatform
from adapters.leader_store import SessionQuery
from adapters.ports import StoreError
from adapters.sql import SqlStore
from flows.yamlfile import DataError
from ivr.call.services import local_now
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen
from ivr.config import Config
from ivr.leader import example, figures
from ivr.leader.draw import explain
from ivr.leader.rules import LeaderData, Selection, load
from ivr.leader.service import LeaderCallbacks

T = TypeVar("T")


@click.group("leader")
def command() -> None:
    """领导电话回访：复核抽样、统计、示例数据。 Leader callbacks: samples, figures, example."""


@command.command("redraw")
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def redraw(ctx: click.Context, session: str, as_json: bool) -> None:
    """按存下的种子和候选件重新抽一遍，看是否一致。 Draw a session's list again, from what was kept.

    Ends with 1 if another list comes out: then list, rules or tickets were changed.
    """

    async def work(store: SqlStore, data: LeaderData) -> bool:
        service = LeaderCallbacks(store, MemoryLeaderPlatform(), data, now=local_now)
        known, drawn, same = await service.redraw(session)
        counted = explain(msgspec.json.decode(known.rules, type=Selection), drawn.excluded)
        if as_json:
            print_json(
                {
                    "session": session,
                    "seed": known.seed,
                    "digest": known.digest,
                    "same": same,
                    "tickets": [chosen.ticket_no for chosen in drawn.chosen],
                    "excluded": dict(counted),
                }
            )
            return same
        table = Table("", "工单", "规则", "理由")
        for place, chosen in enumerate(drawn.chosen, 1):
            table.add_row(str(place), chosen.ticket_no, data.rules.rule(chosen.rule), chosen.why)
        screen.print(table)
        left_out = "，".join(f"{name} {count}" for name, count in counted) or "无"
        screen.print(
            f"种子 {known.seed}，候选 {known.considered} 件，排除：{left_out}", markup=False
        )
        screen.print("一致 / same" if same else "不一致 / NOT the same", markup=False)
        return same

    if not _run(ctx, work):
        ctx.exit(1)


@command.command("figures")
@click.option("--year", type=int, default=lambda: local_now().year, show_default="this year")
@click.option("--csv", "path", type=click.Path(path_type=Path, dir_okay=False), help="Into a file.")
@click.pass_context
def show_figures(ctx: click.Context, year: int, path: Path | None) -> None:
    """一年的统计。 A year's figures."""

    async def work(store: SqlStore, data: LeaderData) -> figures.Report:
        return await figures.report(store, date(year, 1, 1), date(year + 1, 1, 1))

    found = _run(ctx, work)
    if path is not None:
        path.write_bytes(figures.table(figures.groups_of(found)))
        notes.print(f"{path}", markup=False)
        return
    table = Table("", str(year), str(year - 1))
    for name in found.whole.counts.__struct_fields__:
        table.add_row(
            name, str(getattr(found.whole.counts, name)), str(getattr(found.before.counts, name))
        )
    for name in figures.SHARES:
        table.add_row(name, _shown(getattr(found.whole, name)), _shown(getattr(found.before, name)))
    screen.print(table)


@command.command("example")
@click.option("--year", type=int, default=2025, show_default=True)
@click.option("--seed", type=int, default=12345, show_default=True)
@click.option("--before/--no-before", default=True, help="A smaller year before it, too.")
@click.option("--add", is_flag=True, help="Even if the database holds sessions already.")
@click.pass_context
def make_example(ctx: click.Context, year: int, seed: int, before: bool, add: bool) -> None:
    """编一年示例数据（316 场、5147 人、372 件）。 Write a made-up year into the database."""

    async def work(store: SqlStore, data: LeaderData) -> figures.Report:
        if not add and await store.leader_sessions(SessionQuery(limit=1)):
            fail("the database holds sessions already: made-up ones would be counted with them")
        if before:
            first = await store.next_item()
            await store.bring_in(
                example.year(data, year - 1, seed=seed, totals=example.EARLIER, first_item=first)
            )
        first = await store.next_item()
        await store.bring_in(example.year(data, year, seed=seed, first_item=first))
        return await figures.report(store, date(year, 1, 1), date(year + 1, 1, 1))

    counts = _run(ctx, work).whole.counts
    screen.print(
        f"{year}：{counts.sessions} 场，{counts.interviewed} 人，重办解决 {counts.solved} 件",
        markup=False,
    )


def _shown(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _run(ctx: click.Context, work: Callable[[SqlStore, LeaderData], Awaitable[T]]) -> T:
    """Do ``work`` on the configured database, by the configured rules."""
    config: Config = configuration(ctx)

    async def run() -> T:
        rules = config.leader.rules_dir
        data = load(Path(rules) if rules else None)
        config.data_dir.mkdir(parents=True, exist_ok=True)
        store = SqlStore(config.database_url, busy_timeout_s=config.store.busy_timeout_s)
        try:
            await store.start()
            return await work(store, data)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except (StoreError, DataError, OSError) as error:
        fail(str(error))
