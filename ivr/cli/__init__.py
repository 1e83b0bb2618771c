"""The ``hotline`` command. Each command's work is imported only when it is called."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

# Command name -> module below ivr.cli that holds it as ``command``.
COMMANDS = {
    "serve": "serve",
    "demo": "demo",
    "call": "call",
    "simulate": "simulate",
    "route": "route",
    "transcribe": "transcribe",
    "models": "models",
    "prompts": "prompts",
    "check": "check",
    "users": "users",
    "outbox": "outbox",
    "labels": "labels",
    "seats": "seats",
    "leader": "leader",
    "aftercall": "aftercall",
    "front": "front",
    "ping": "ping",
    "platform-sim": "platform_sim",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command = importlib.import_module(f"ivr.cli.{module}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="HOTLINE_CONFIG",
    help="TOML configuration file (see config.example.toml).",
)
@click.version_option(package_name="hotline")
@click.pass_context
def main(ctx: click.Context, config_path: Path | None) -> None:
    """12345 热线电话端：接听、听写、办理、转接、派单。 The 12345 hotline's telephone side."""
    ctx.obj = config_path
