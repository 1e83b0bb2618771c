"""``hotline front``: Kamailio in front of several nodes."""

from __future__ import annotations

import asyncio
import os

import click
import msgspec

from ivr.cli.options import configuration
from ivr.cli.output import fail, notes
from ivr.sip.front import prepare
from ivr.sip.kamailio import KamailioError, check
from ivr.sip.kamailio import command as run_command


@click.command("front")
@click.pass_context
def command(ctx: click.Context) -> None:
    """多节点前端。 Give calls to several nodes, register the seats' phones; SIGTERM ends it.

    Reads the same configuration as the nodes: [front] names them, [sip] says where everybody
    else reaches it, and which seats there are.
    """
    config = configuration(ctx)
    if not config.front.nodes:
        fail("front.nodes names no node")
    run_dir = config.sip.run_dir or str(config.data_dir / "run")
    sip = msgspec.structs.replace(config.sip, run_dir=run_dir)
    try:
        path = prepare(sip, config.front)
        asyncio.run(check(sip.kamailio, path))
        arguments = run_command(sip.kamailio, path, path.parent)
    except (KamailioError, OSError) as error:
        fail(str(error))
    notes.print(f"前端 front: {sip.uri} → {', '.join(config.front.nodes)}")
    os.execv(arguments[0], arguments)
