"""``hotline simulate``: the same dialogue, typed instead of spoken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from flows.dialogue.data import FlowData, load_flow_data
from flows.events import AnyEvent, FollowedUp, Returned
from flows.paths import service_paths
from flows.simulator import BadLine, Line, Simulation
from flows.ticket import Recognised, TicketDraft, TicketType
from flows.yamlfile import DataError
from ivr.cli.options import configuration
from ivr.cli.output import fail, print_json, screen

WHO = {
    "hotline": "[green]热线[/]",
    "caller": "[cyan]来电人[/]",
    "note": "[dim]说明[/]",
    "system": "[yellow]系统[/]",
}
HELP = "直接输入要说的话；#12 是按键；/silence /noise /hangup 等见文档。 Ctrl-D 挂机。"


@click.command("simulate")
@click.option(
    "--script",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="One line a turn, // for comments; otherwise typed.",
)
@click.option("--caller", default="13900000001", show_default=True)
@click.option("--paths", "code", metavar="CODE", help="Print every path of a service, or of all.")
@click.option(
    "--follow-up",
    type=click.Choice(get_args(TicketType)),
    help="The hotline rings, about a closed ticket of this type.",
)
@click.option("--returned", is_flag=True, help="The hotline rings, returning a missed call.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object at the end.")
@click.pass_context
def command(
    ctx: click.Context,
    script: Path | None,
    caller: str,
    code: str | None,
    follow_up: TicketType | None,
    returned: bool,
    as_json: bool,
) -> None:
    """用打字走一遍对话。 Type through the dialogue; nothing is filed or dialled."""
    config = configuration(ctx)
    try:
        data = load_flow_data(config.flows_path)
    except DataError as error:
        fail(str(error))
    if code is not None:
        _print_paths(data, code, as_json)
        return
    now = datetime.now()
    begins: AnyEvent | None = None
    if follow_up is not None:
        begins = FollowedUp(caller, f"BH{now:%Y%m%d}000001", _closed(follow_up), now)
    elif returned:
        begins = Returned(caller, now)
    call = Simulation(data, config.dialogue, caller, now, begins=begins)
    show = not as_json
    if show and script is None:
        screen.print(HELP, style="dim")
    _show(call.start(), show)
    typed = _written(script) if script else _typed(show)
    for text in typed:
        if call.over:
            break
        if not text.strip() or text.startswith("//"):
            continue
        try:
            _show(call.type(text), show)
        except (BadLine, ValueError) as error:
            if script is not None:
                fail(f"{script}: {text}: {error}")
            screen.print(str(error), style="red", markup=False)
    if not call.over:
        _show(call.type("/hangup"), show)
    if as_json:
        print_json(call.as_json())


def _closed(kind: TicketType) -> TicketDraft:
    """A ticket that has been dealt with."""
    light = Recognised("cmp.streetlight", "路灯不亮", 1.0, True)
    return TicketDraft(type=kind, recognised=light, content="人民路的路灯不亮")


def _print_paths(data: FlowData, code: str, as_json: bool) -> None:
    """Every path of the service ``code``, or with "all" of every service."""
    catalogue = data.knowledge.catalogue
    services = list(catalogue.services) if code == "all" else [catalogue.service(code)]
    paths = {item.code: service_paths(data, item) for item in services if item is not None}
    if not paths:
        fail(f"没有编号 {code} 的事项")
    if as_json:
        print_json(paths)
        return
    for lines in paths.values():
        for line in lines:
            screen.print(line, markup=False, soft_wrap=True)


def _written(script: Path) -> list[str]:
    try:
        return script.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{script}: {error}")


def _typed(show: bool) -> Iterator[str]:
    """Lines from the terminal until it ends."""
    while True:
        try:
            yield input("> " if show else "")
        except EOFError:
            return


def _show(lines: list[Line], show: bool) -> None:
    for line in lines if show else []:
        screen.print(f"{WHO[line.who]} ", end="")
        screen.print(line.text, markup=False, soft_wrap=True)
