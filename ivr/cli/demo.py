"""``hotline demo``: real calls from ring to ticket, on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import click
import msgspec
from rich.table import Table

from adapters.memory_sms import MemorySms
from adapters.settings import PlatformSettings
from adapters.simulator.server import Simulator
from adapters.simulator.store import Received
from flows.privacy import mask_number
from ivr import logs
from ivr.cli.live_view import LiveView
from ivr.cli.options import configuration
from ivr.cli.output import fail, screen
from ivr.config import Config, HttpSettings
from ivr.console.settings import ConsoleSettings
from ivr.node import Node
from ivr.robot.caller import Caller, CallReport
from ivr.robot.mouth import Mouth
from ivr.robot.render import SCRIPTS
from ivr.robot.script import load_script
from ivr.sip.phone import PhoneError, RobotPhone, free_port
from ivr.sip.sound import BadSound
from ivr.startup import STARTUP_ERRORS, in_words

DELIVERED_S = 20.0


class Expected(msgspec.Struct, frozen=True):
    """What must arrive at the platform for one demonstration call."""

    script: str
    intent: str = ""
    emergency: str = ""
    service: str = ""
    urgency: str = "一般"
    title: str = ""


EXPECTED = (
    Expected("streetlight", title="路灯不亮，用说的", intent="cmp.streetlight"),
    Expected("gas", title="煤气味，立即转人", emergency="em.gas", urgency="特急"),
    Expected("keys", title="全程按键", intent="cmp.road"),
    Expected("lost-card", title="社保卡挂失，验证码核验", service="0602"),
)


@click.command("demo")
@click.option("--keep", type=click.Path(path_type=Path), help="New directory for what it makes.")
@click.option("--at-once", is_flag=True, help="All calls at the same time.")
@click.pass_context
def command(ctx: click.Context, keep: Path | None, at_once: bool) -> None:
    """四通真实的 SIP 来电：从响铃到工单。 Four real calls; exit 0 if all came through."""
    logs.configure("error")
    config = configuration(ctx)
    directory = _empty(keep, config.data_dir / "demo")
    try:
        came_through = asyncio.run(_demo(config, directory, at_once))
    except (PhoneError, BadSound) as error:
        fail(str(error))
    except STARTUP_ERRORS as error:
        fail(in_words(error))
    except asyncio.CancelledError:
        ctx.exit(1)
    ctx.exit(0 if came_through else 1)


def _empty(keep: Path | None, usual: Path) -> Path:
    """The directory to fill: the usual one emptied, or the caller's, which must be empty."""
    if keep is None:
        shutil.rmtree(usual, ignore_errors=True)
        return usual
    try:
        if any(keep.iterdir()):
            fail(f"--keep {keep}: not empty; name a new directory")
    except FileNotFoundError:
        pass
    except OSError as error:
        fail(f"--keep {keep}: {error.strerror}")
    return keep


async def _demo(config: Config, directory: Path, at_once: bool) -> bool:
    # Ended from outside, it still ends the processes that it started.
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator())
        operator = await stack.enter_async_context(RobotPhone("operator"))
        fire = await stack.enter_async_context(RobotPhone("119"))
        mouth = await stack.enter_async_context(Mouth(directory / "cache"))
        operator.answers(1.0)
        fire.answers(1.0)
        node = await stack.enter_async_context(
            Node(_loopback(config, directory, simulator.settings, operator, fire))
        )
        LiveView(screen, directory).watch(node.live)
        uri = node.config.sip.uri
        if at_once:
            calls = [_call(one, mouth, simulator.sms, uri) for one in EXPECTED]
            reports = await asyncio.gather(*calls)
        else:
            reports = [await _call(one, mouth, simulator.sms, uri) for one in EXPECTED]
        await _until_delivered(node)
        received = await simulator.tickets()
    _show_tickets(received)
    _show_recordings(directory)
    return _judge(reports, received)


async def _call(expected: Expected, mouth: Mouth, sms: MemorySms, uri: str) -> CallReport:
    screen.print(f"\n[bold]{expected.title}[/bold]  {uri}")
    script = load_script(SCRIPTS / f"{expected.script}.yaml")

    def messages() -> list[str]:
        return [message.text for message in sms.of(script.caller)]

    return await Caller(script, mouth, SCRIPTS, messages=messages).call(uri)


def _loopback(
    config: Config,
    directory: Path,
    platform: PlatformSettings,
    operator: RobotPhone,
    fire: RobotPhone,
) -> Config:
    """The configuration with everything of the demonstration on free loopback ports."""
    replace = msgspec.structs.replace
    return replace(
        config,
        data_dir=directory,
        store=replace(config.store, url=""),
        platform=platform,
        http=HttpSettings(port=0),
        console=ConsoleSettings(port=0),
        call=replace(config.call, operator=operator.uri, targets={"119": fire.uri}),
        sip=replace(
            config.sip,
            host="127.0.0.1",
            port=free_port(),
            internal_port=free_port(),
            max_calls=len(EXPECTED),
            spare=1,
            run_dir="",
        ),
    )


async def _until_delivered(node: Node) -> None:
    # What has not arrived by then is missed by the judgement.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DELIVERED_S):
            while await node.store.backlog():  # noqa: ASYNC110 - delivery tells nobody
                await asyncio.sleep(0.1)


def _show_tickets(received: list[Received]) -> None:
    table = Table(title="平台收到的工单", show_lines=True)
    for name in ("编号", "类型", "紧急", "识别", "内容", "地点", "联系", "保密"):
        table.add_column(name, overflow="fold")
    for one in received:
        ticket = one.ticket
        table.add_row(
            ticket.ticket_no,
            ticket.type,
            ticket.urgency,
            ticket.emergency_kind or ticket.recognised.name,
            ticket.content,
            ticket.address.said or ticket.address.county + ticket.address.town,
            mask_number(ticket.contact.number),
            ticket.confidential,
        )
    screen.print(table)


def _show_recordings(directory: Path) -> None:
    for path in sorted((directory / "recordings").rglob("*.wav")):
        screen.print(f"录音 {path}", soft_wrap=True)


def _judge(reports: list[CallReport], received: list[Received]) -> bool:
    good = True
    for expected, report in zip(EXPECTED, reports, strict=True):
        found = any(_matches(expected, one) for one in received)
        if report.trouble or not found:
            good = False
            trouble = report.trouble or "平台没有收到相应的工单"
            screen.print(f"[red]✗[/] {expected.title}：{trouble}")
        else:
            screen.print(f"[green]✓[/] {expected.title}")
    return good and len(received) == len(EXPECTED)


def _matches(expected: Expected, one: Received) -> bool:
    ticket = one.ticket
    return (
        ticket.complete
        and ticket.urgency == expected.urgency
        and ticket.service == expected.service
        and (not expected.intent or ticket.recognised.intent == expected.intent)
        and ticket.emergency_kind == expected.emergency
    )
