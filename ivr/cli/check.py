"""``hotline check``: everything that would make ``serve`` fail, said in one go."""

from __future__ import annotations

import asyncio

import click

from ivr.checks import check_all
from ivr.cli.options import configuration
from ivr.cli.output import notes, print_json, screen

MARKS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "error": "[red]✗[/]"}


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """检查配置、流程、提示音、模型、数据库和端口。 Exits 1 if the line would not open."""
    config = configuration(ctx)
    with notes.status("检查中"):
        findings = asyncio.run(check_all(config))
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            mark = MARKS[finding.severity]
            screen.print(f"{mark} {finding.part}: ", end="")
            screen.print(finding.text, markup=False, soft_wrap=True)
    ctx.exit(1 if any(finding.severity == "error" for finding in findings) else 0)
