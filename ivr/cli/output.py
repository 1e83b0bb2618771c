"""How commands speak to people and to programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec
from rich.console import Console

# Progress, notices and errors go to standard error: standard output is the answer alone.
notes = Console(stderr=True, highlight=False)
screen = Console(highlight=False)


def print_json(value: Any) -> None:
    """One JSON value on standard output, Chinese readable, nothing else."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=_as_text).decode() + "\n")
    sys.stdout.flush()


def _as_text(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"no JSON for {type(value)}")


def fail(message: str) -> NoReturn:
    """End the command with a sentence a person can act on."""
    raise click.ClickException(message)
