"""``hotline prompts``: what the hotline says, and whether it can say it."""

from __future__ import annotations

import click

from flows.dialogue.data import load_flow_data
from flows.yamlfile import DataError
from ivr.cli.options import configuration
from ivr.cli.output import fail, print_json, screen
from ivr.speech.errors import PromptMissing
from ivr.speech.prompts import PromptLibrary


@click.command("prompts")
@click.argument("pattern", default="")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.option("--problems", is_flag=True, help="Only what is wrong; exits 1 if anything is.")
@click.pass_context
def command(ctx: click.Context, pattern: str, as_json: bool, problems: bool) -> None:
    """列出提示音，可按编号或文字查找。 List prompts, by part of their id or text."""
    config = configuration(ctx)
    try:
        texts = load_flow_data(config.flows_path).prompts
    except DataError as error:
        fail(str(error))
    overrides = [config.speech.prompts_dir] if config.speech.prompts_dir else []
    library = PromptLibrary(texts, overrides)
    if problems:
        found = library.check()
        if as_json:
            print_json(found)
        else:
            for problem in found:
                screen.print(problem.message, markup=False, soft_wrap=True)
        ctx.exit(1 if any(problem.fatal for problem in found) else 0)
    rows = [
        {"id": prompt, "text": text, **_audio(library, prompt)}
        for prompt, text in texts.items()
        if pattern in prompt or pattern in text
    ]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        screen.print(f"{row['id']}\t{row['ms']} ms\t{row['text']}", markup=False, soft_wrap=True)


def _audio(library: PromptLibrary, prompt: str) -> dict[str, int | str | None]:
    try:
        recording = library.recording(prompt)
    except PromptMissing:
        return {"ms": None, "file": None}
    return {"ms": recording.ms, "file": str(recording.path) if recording.path else None}
