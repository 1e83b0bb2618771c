"""What commands share: the configuration and readable errors."""

from __future__ import annotations

import click

from ivr import config as configurations
from ivr.cli.output import fail
from ivr.config import Config
from ivr.configfile import ConfigError


def configuration(ctx: click.Context) -> Config:
    """The configuration named on the command line; ends the command if it is unusable."""
    try:
        return configurations.load(ctx.obj)
    except ConfigError as error:
        fail(str(error))
