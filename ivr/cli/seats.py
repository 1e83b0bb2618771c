"""``hotline seats``: what lets a seat's telephone register."""

from __future__ import annotations

import secrets

import click
import msgspec

from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, screen
from ivr.sip.seats import ha1
from ivr.sip.settings import SeatSettings


@click.group("seats")
def command() -> None:
    """座席话机的注册密码。 Passwords of the seats' telephones."""


@command.command("password")
@click.argument("seat")
@click.option("--password", envvar="HOTLINE_PASSWORD", help="Made and shown unless given.")
@click.pass_context
def password(ctx: click.Context, seat: str, password: str | None) -> None:
    """生成话机密码和配置行。 Make a phone's password and the lines for the configuration.

    The configuration holds only what the password is checked against (HA1); the password itself
    is keyed into the phone, with the user name SEAT and the hotline's address as its server.
    """
    chosen = password or secrets.token_urlsafe(15)
    realm = configuration(ctx).sip.realm
    try:
        made = msgspec.convert({"name": seat, "ha1": ha1(seat, realm, chosen)}, SeatSettings)
    except msgspec.ValidationError as error:
        fail(str(error))
    if not password:
        notes.print(f"{seat} 话机的密码 / the phone's password: {chosen}", markup=False)
    screen.print(
        f'[[sip.seats]]\nname = "{made.name}"\nha1 = "{made.ha1}"', markup=False, soft_wrap=True
    )
