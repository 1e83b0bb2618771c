"""``hotline call``: a robot caller that follows a script."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import click

from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen
from ivr.robot.caller import Caller, CallReport
from ivr.robot.mouth import Mouth
from ivr.robot.script import Script, ScriptError, Step, load_script
from ivr.sip.phone import PhoneError
from ivr.sip.sound import BadSound
from ivr.speech.errors import SpeechError


@click.command("call")
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("uri", required=False)
@click.option("--codec", type=click.Choice(["PCMA", "PCMU", "G722"]), default="PCMA")
@click.option("--save", type=click.Path(path_type=Path), help="Keep what was heard, as WAV.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: how the call went.")
@click.pass_context
def command(
    ctx: click.Context,
    script: Path,
    uri: str | None,
    codec: str,
    save: Path | None,
    as_json: bool,
) -> None:
    """机器人来电：按脚本说话、放音、按键。 A robot caller; URI defaults to our own line."""
    try:
        loaded = load_script(script)
    except ScriptError as error:
        fail(str(error))
    target = uri or configuration(ctx).sip.uri
    try:
        report = asyncio.run(_call(loaded, script.parent, target, codec, save))
    except (PhoneError, SpeechError, BadSound, OSError) as error:
        fail(f"{script}: {error}")
    if as_json:
        print_json(report)
    else:
        how = "完成" if report.completed else f"未完成：{report.trouble}"
        text = f"{report.name}：{how}（{report.seconds:.0f} 秒，{report.codec}）"
        screen.print(text, markup=False)
    ctx.exit(0 if report.completed else 1)


async def _call(script: Script, base: Path, uri: str, codec: str, save: Path | None) -> CallReport:
    def show(step: Step) -> None:
        notes.print(f"  {step.wait or step.say or step.play or step.key or '…'}", markup=False)

    with tempfile.TemporaryDirectory() as folder:
        async with Mouth(Path(folder)) as mouth:
            return await Caller(script, mouth, base, show).call(uri, codec=codec, save=save)
