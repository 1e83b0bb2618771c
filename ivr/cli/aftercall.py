"""``hotline aftercall``: missed calls returned, tickets followed up, and what is still owed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import click

from adapters.errands import ErrandKind
from adapters.ports import StoreError
from adapters.sql.store import SqlStore
from ivr.call.services import local_now
from ivr.cli.options import configuration
from ivr.cli.output import fail, print_json, screen
from ivr.config import Config

TITLES: dict[ErrandKind, str] = {"missed": "漏接回拨", "follow-up": "智能回访"}
STATES = {
    "waiting": "待回电",
    "done": "已完成",
    "served": "已由其他途径联系上",
    "withdrawn": "平台收回",
    "taken-off": "班长撤下，转人工处理",
    "no-number": "没有号码，无法回电",
    "given-up": "三次未接通",
}
HOW = {
    "refused": "线路全忙",
    "unanswered": "未接通就挂机",
    "greeting": "听提示音时挂机",
    "queue": "排队时挂机",
    "fault": "因故障中断",
}

Figures = dict[ErrandKind, dict[str, int]]


@click.command("aftercall")
@click.option("--days", default=7, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def command(ctx: click.Context, days: int, as_json: bool) -> None:
    """漏接回拨和智能回访的数字。 Missed calls returned and tickets followed up, in figures."""
    config = configuration(ctx)
    try:
        figures = asyncio.run(_figures(config, days))
    except StoreError as error:
        fail(str(error))
    if as_json:
        print_json(figures)
        return
    for kind, title in TITLES.items():
        screen.print(f"[bold]{title}[/]（近 {days} 天）")
        found = figures[kind]
        for name, label in STATES.items():
            screen.print(f"  {label}：{found.get(name, 0)}")
        for name, label in HOW.items() if kind == "missed" else ():
            screen.print(f"  其中{label}：{found.get(f'how:{name}', 0)}")


async def _figures(config: Config, days: int) -> Figures:
    store = SqlStore(config.database_url)
    await store.start()
    try:
        until = local_now() + timedelta(seconds=1)
        since = until - timedelta(days=days)
        return {kind: dict(await store.errand_figures(kind, since, until)) for kind in TITLES}
    finally:
        await store.close()
