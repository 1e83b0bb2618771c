"""``hotline ping``: whether a part of the hotline is well, for who watches over it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import aiohttp
import click

from ivr.cli.output import fail, screen
from ivr.sip.options import ping

_SIP_PORT = 5060


@click.command("ping")
@click.argument("addresses", nargs=-1, required=True)
@click.option("--timeout", "timeout_s", default=3.0, show_default=True, help="Seconds for each.")
def command(addresses: tuple[str, ...], timeout_s: float) -> None:
    """是否正常。 Ask each address whether it is well; fails if one is not.

    sip:HOST[:PORT] is asked by SIP OPTIONS over UDP, http://… must answer with a status below 400.
    """
    for address in addresses:
        if trouble := asyncio.run(_ask(address, timeout_s)):
            fail(f"{address}: {trouble}")
        screen.print(f"{address}: ok", markup=False)


async def _ask(address: str, timeout_s: float) -> str:
    """What is wrong, "" if nothing."""
    try:
        if address.startswith("sip:"):
            parsed = urlsplit("//" + address.removeprefix("sip:"))
            port = parsed.port or _SIP_PORT
            there = await ping(parsed.hostname or "", port, timeout_s)
            return "" if there else f"no answer in {timeout_s:g} s"
        limit = aiohttp.ClientTimeout(total=timeout_s)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(address) as answer:
            return "" if answer.ok else f"status {answer.status}"
    except TimeoutError:
        return f"no answer in {timeout_s:g} s"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return str(error) or type(error).__name__
