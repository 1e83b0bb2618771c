"""``hotline route``: what a sentence would be understood as, and why."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import track

from flows.knowledge import Knowledge, load_knowledge
from flows.routing.json import route_json
from flows.routing.several import several
from flows.yamlfile import DataError
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen


@click.command("route")
@click.argument("text", required=False)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="TSV file; the first column of each line is routed.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a sentence.")
@click.option("--explain", is_flag=True, help="Say what matched and what it lost to.")
@click.pass_context
def command(
    ctx: click.Context, text: str | None, path: Path | None, as_json: bool, explain: bool
) -> None:
    """说一句话，看会被理解成什么。 Route a sentence."""
    if (text is None) == (path is None):
        fail("give a sentence or --file, one of the two")
    try:
        knowledge = load_knowledge(configuration(ctx).flows_path)
    except DataError as error:
        fail(str(error))
    if text is not None:
        _print(knowledge, text, as_json, explain)
        return
    assert path is not None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path}: {error}")
    for line in track(lines, "routing", console=notes, transient=True):
        sentence = line.split("\t")[0].strip()
        if sentence:
            _print(knowledge, sentence, as_json, explain)


def _print(knowledge: Knowledge, text: str, as_json: bool, explain: bool) -> None:
    result = knowledge.router.route(text)
    if as_json:
        print_json(route_json(result))
        return
    requests = several(knowledge.router, text)
    if requests:
        screen.print(f"{text}\n  → 一句话里有 {len(requests)} 件事，逐件办理", markup=False)
        for request in requests:
            _print(knowledge, request.text, as_json, explain)
        return
    screen.print(f"{text}\n  → {result.intent} {result.name}  {result.score:.2f}", markup=False)
    for other in result.alternatives:
        screen.print(f"    {other.intent}  {other.score:.2f}")
    if explain:
        for line in result.explanation:
            screen.print(f"    · {line}", markup=False)
