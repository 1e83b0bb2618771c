"""``hotline labels``: what operators corrected, as labelled sentences for routing."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from adapters.accounts import AuditEntry, User
from adapters.corrections import Correction
from adapters.ports import StoreError
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes
from ivr.config import Config
from ivr.console.passwords import right

HEADER = ("utterance", "intent", "notes")
APPROVERS = frozenset({"supervisor", "admin"})


@click.group("labels")
def command() -> None:
    """人工改正的标注：导出。 Corrections kept as labelled sentences."""


@command.command("export")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--authorisation", required=True, help="What allows this use: the decision's number.")
@click.option(
    "--approver",
    "approvers",
    multiple=True,
    required=True,
    help="Give it twice: two supervisors or administrators; each is asked for their password.",
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Corrections from that day on.")
@click.pass_context
def export(
    ctx: click.Context,
    path: Path,
    authorisation: str,
    approvers: tuple[str, ...],
    since: datetime | None,
) -> None:
    """导出为 utterances.tsv 的格式（已脱敏）。 Write them as TSV; two people must approve.

    The sentences hold no personal data. By the privacy rules (训练数据须先脱敏并单独授权，
    导出须双人审批加水印) an export names its authorisation, two people approve it with their
    passwords, it is on record, and every line carries its number.
    """
    if len(set(approvers)) != 2:
        fail("two different people must approve: give --approver twice")
    if not authorisation.strip():
        fail("--authorisation: say what allows this use")
    passwords = [
        click.prompt(f"{name}", hide_input=True, err=True, prompt_suffix=" 的密码 / password: ")
        for name in approvers
    ]
    config = configuration(ctx)
    work = _export(config, path, authorisation.strip(), approvers, passwords, since)
    try:
        count, number = asyncio.run(work)
    except (StoreError, OSError) as error:
        fail(str(error))
    notes.print(f"{count} 句 / sentences · {number}", markup=False)


async def _export(
    config: Config,
    path: Path,
    authorisation: str,
    approvers: Sequence[str],
    passwords: Sequence[str],
    since: datetime | None,
) -> tuple[int, str]:
    """How many sentences were written, and the export's number."""
    store = SqlStore(config.database_url, busy_timeout_s=config.store.busy_timeout_s)
    try:
        await store.start()
        for name, password in zip(approvers, passwords, strict=True):
            _check(name, await store.user(name), await _right(store, name, password))
        now = local_now()
        number = f"BZ{now:%Y%m%d}-{secrets.token_hex(4)}"
        await store.forget_corrections(now - timedelta(days=config.desk.labels_days))
        found = await store.corrections(since.astimezone() if since is not None else None)
        text = tsv(found, number)
        # On record before anything leaves.
        for name in approvers:
            await store.audit(AuditEntry(now, name, "labels.export", number, authorisation[:100]))
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return text.count("\n") - 1, number
    finally:
        await store.close()


async def _right(store: SqlStore, name: str, password: str) -> bool:
    user = await store.user(name)
    return await right(password, user.password if user is not None else None)


def _check(name: str, user: User | None, fits: bool) -> None:
    if user is None or user.disabled or not fits:
        fail(f"{name}: user name or password is wrong")
    if not APPROVERS & set(user.roles):
        fail(f"{name} is neither supervisor nor administrator, and cannot approve")


def tsv(found: Sequence[Correction], number: str) -> str:
    """The corrections of intents in the format of ``utterances.tsv``.

    Each sentence with the intent that a person gave it; the notes tell what the machine took it
    for, how surely, and the export's number.
    """
    rows = ["\t".join(HEADER)]
    for one in found:
        if one.field == "intent":
            was = one.was or "unknown"
            notes_ = f"人工改正 原为{was} {one.score:.2f} 导出{number}"
            rows.append("\t".join(_plain(cell) for cell in (one.text, one.now, notes_)))
    return "\n".join(rows) + "\n"


def _plain(cell: str) -> str:
    return " ".join(cell.split())
