"""``hotline serve``: open the line."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from adapters.settings import WebhookSettings
from adapters.simulator.server import DEMO_KEY_ID, DEMO_SECRET, Notify, Simulator
from ivr import logs
from ivr.cli.live_view import LiveView
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes
from ivr.config import Config
from ivr.node import Node
from ivr.startup import STARTUP_ERRORS, in_words

CLOSED_TICKETS = 300


@click.command("serve")
@click.option(
    "--with-simulator",
    is_flag=True,
    help="Also run the simulated city platform, and show calls as they happen.",
)
@click.option("--live", is_flag=True, help="Show what each side says as it happens.")
@click.pass_context
def command(ctx: click.Context, with_simulator: bool, live: bool) -> None:
    """开通热线。 Open the line; SIGTERM drains it (finishes the calls going on)."""
    config = configuration(ctx)
    logs.configure("warning" if with_simulator else config.log_level)
    if with_simulator and _port(config) is None:
        fail(f"platform.url: {config.platform.url!r} names no port for the simulator to stand at")
    try:
        asyncio.run(_serve(config, with_simulator, live or with_simulator))
    except STARTUP_ERRORS as error:
        fail(in_words(error))
    except asyncio.CancelledError:
        notes.print("热线未开通即停止。Stopped before the line was open.")


class _Orders:
    """What the terminal or the service manager asks for, from the first moment on.

    A signal that comes before the line is open cancels its opening, so that everything
    already started is ended; later ones are for ``next``.
    """

    def __init__(self) -> None:
        self._opening = asyncio.current_task()
        self._told: asyncio.Queue[signal.Signals] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._came, number)

    def opened(self) -> None:
        """The line is open."""
        self._opening = None

    async def next(self) -> signal.Signals:
        """The next order."""
        return await self._told.get()

    def _came(self, number: signal.Signals) -> None:
        # Only once: a second signal must not cut the cleaning up short.
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
        else:
            self._told.put_nowait(number)


async def _serve(config: Config, with_simulator: bool, live: bool) -> None:
    orders = _Orders()
    async with AsyncExitStack() as stack:
        if with_simulator:
            config.data_dir.mkdir(parents=True, exist_ok=True)
            simulator = Simulator(config.data_dir / "platform-sim.db", port=_port(config) or 0)
            # Something for leaders to call about: made up, and gone with the process.
            simulator.leader.fill(CLOSED_TICKETS)
            await stack.enter_async_context(simulator)
            config = msgspec.structs.replace(
                config,
                platform=msgspec.structs.replace(
                    config.platform,
                    url=simulator.url,
                    key_id=simulator.settings.key_id,
                    secret=simulator.settings.secret,
                ),
            )
            config = _hear_news(config, simulator)
        node = await stack.enter_async_context(Node(config))
        if live:
            LiveView(notes, Path(config.data_dir)).watch(node.live)
        orders.opened()
        _say_how_to_dial(config)
        await _until_told_to_stop(node, orders)


def _hear_news(config: Config, simulator: Simulator) -> Config:
    """Let the simulator tell the node what becomes of tickets and links."""
    http, webhook = config.http, config.webhook
    if not http.port:
        return config
    if not webhook.key_id:
        webhook = WebhookSettings(DEMO_KEY_ID, DEMO_SECRET)
    simulator.notify(Notify(f"http://{http.host}:{http.port}", webhook.key_id, webhook.secret))
    return msgspec.structs.replace(config, webhook=webhook)


def _port(config: Config) -> int | None:
    """Where the configuration expects the platform: there the simulator stands."""
    try:
        return urlsplit(config.platform.url).port or None
    except ValueError:
        return None


def _say_how_to_dial(config: Config) -> None:
    notes.print(f"热线已开通。The line is open: [bold]{config.sip.uri}[/bold]")
    notes.print(
        f"  用任意软电话拨打，无需注册。Dial {config.sip.uri} with any softphone "
        "(Linphone, MicroSIP, baresip), without registration; UDP or TCP."
    )
    if config.sip.seats:
        names = "、".join(seat.name for seat in config.sip.seats)
        notes.print(f"  座席话机 seats: {names}")
    elif not config.call.operator:
        notes.print(
            "  未配置人工坐席。No operator's phone is configured (sip.seats, call.operator)."
        )
    if config.http.port:
        notes.print(f"  http://{config.http.host}:{config.http.port}/health")
    if config.console.port:
        notes.print(
            f"  控制台 console http://{config.console.host}:{config.console.port} "
            "(hotline users add)"
        )
    notes.print("  Ctrl-C 结束。Ctrl-C ends it.")


async def _until_told_to_stop(node: Node, orders: _Orders) -> None:
    if await orders.next() == signal.SIGTERM:
        drained = asyncio.create_task(node.drain())
        again = asyncio.create_task(orders.next())
        # A second signal does not wait for the calls going on.
        await asyncio.wait({drained, again}, return_when=asyncio.FIRST_COMPLETED)
        for task in (drained, again):
            task.cancel()
