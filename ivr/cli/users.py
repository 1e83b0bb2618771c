"""``hotline users``: who may sign in to the console."""

from __future__ import annotations

import secrets
from typing import get_args

import click
import msgspec
from msgspec.structs import replace
from rich.table import Table

from adapters.accounts import Role, User
from adapters.sql import SqlStore
from ivr.cli.database import audit, run
from ivr.cli.output import fail, print_json, screen
from ivr.console.passwords import WeakPassword, hashed

ROLES: tuple[Role, ...] = get_args(Role)


@click.group("users")
def command() -> None:
    """控制台用户：添加、改密码、停用、列出。 Who may sign in to the console."""


@command.command("add")
@click.argument("name")
@click.option("--display", help="Name that others see; the user name unless given.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES))
@click.option("--seat", default="", help="The seat that is theirs by default.")
@click.option("--unit", default="", help="The unit of a leader.")
@click.option("--password", envvar="HOTLINE_PASSWORD", help="Made and shown unless given.")
@click.pass_context
def add(
    ctx: click.Context,
    name: str,
    display: str | None,
    roles: tuple[Role, ...],
    seat: str,
    unit: str,
    password: str | None,
) -> None:
    """添加用户。 Add a user."""

    async def work(store: SqlStore) -> str:
        if await store.user(name) is not None:
            fail(f"there is a user {name} already")
        chosen = password or secrets.token_urlsafe(12)
        user = User(name, display or name, roles, await _hashed(chosen), seat, unit)
        await _put(store, user, "user.add")
        return "" if password else chosen

    made = run(ctx, work)
    if made:
        screen.print(f"{name} 的初始密码 / first password: {made}", markup=False)


@command.command("password")
@click.argument("name")
@click.option("--password", envvar="HOTLINE_PASSWORD", help="Made and shown unless given.")
@click.pass_context
def set_password(ctx: click.Context, name: str, password: str | None) -> None:
    """换密码，并退出其所有登录。 Change a password; signs the user out everywhere."""

    async def work(store: SqlStore) -> str:
        user = await _known(store, name)
        chosen = password or secrets.token_urlsafe(12)
        await _put(store, replace(user, password=await _hashed(chosen)), "user.password")
        await store.close_sessions(name)
        return "" if password else chosen

    made = run(ctx, work)
    if made:
        screen.print(f"{name} 的新密码 / new password: {made}", markup=False)


@command.command("disable")
@click.argument("name")
@click.pass_context
def disable(ctx: click.Context, name: str) -> None:
    """停用用户。 Keep a user from signing in; what they did stays on record."""

    async def work(store: SqlStore) -> None:
        await _put(store, replace(await _known(store, name), disabled=True), "user.disable")
        await store.close_sessions(name)

    run(ctx, work)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@click.pass_context
def list_users(ctx: click.Context, as_json: bool) -> None:
    """列出用户。 List the users."""
    users = run(ctx, lambda store: store.users())
    if as_json:
        shown = [msgspec.structs.asdict(user) for user in users]
        print_json([{key: row[key] for key in row if key != "password"} for row in shown])
        return
    table = Table("name", "display", "roles", "seat", "unit", "")
    for user in users:
        state = "disabled" if user.disabled else ""
        table.add_row(user.name, user.display, " ".join(user.roles), user.seat, user.unit, state)
    screen.print(table)


async def _known(store: SqlStore, name: str) -> User:
    user = await store.user(name)
    if user is None:
        fail(f"there is no user {name}")
    return user


async def _put(store: SqlStore, user: User, action: str) -> None:
    await store.put_user(user)
    await audit(store, action, user.name)


async def _hashed(password: str) -> str:
    try:
        return await hashed(password)
    except WeakPassword as error:
        fail(str(error))
