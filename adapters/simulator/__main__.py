"""``python -m adapters.simulator``: the simulated platform as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import click

from adapters.simulator.server import DEMO_KEY_ID, DEMO_SECRET, run_simulator


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8012, show_default=True, help="0 picks a free one.")
@click.option("--path", type=click.Path(path_type=Path), help="SQLite file; none: memory only.")
@click.option("--key-id", default=DEMO_KEY_ID, show_default=True)
@click.option("--secret", default=DEMO_SECRET, envvar="HOTLINE_SIM_SECRET")
@click.option("--closed", default=0, help="So many made-up closed tickets, for leader callbacks.")
def main(host: str, port: int, path: Path | None, key_id: str, secret: str, closed: int) -> None:
    """Accept tickets like the city's platform; its address is the first line printed."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            run_simulator(host, port, path, keys={key_id: secret}, ready=click.echo, closed=closed)
        )


if __name__ == "__main__":
    main()
