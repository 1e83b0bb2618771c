"""``hotline transcribe``: the words in a sound file."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import Progress

from asr.engine import AsrError
from asr.isolated import transcribe_file
from asr.selection import default_model_dir
from asr.transcribe import Transcript
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen
from ivr.config import Config


@click.command("transcribe")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--model", help="Model directory; otherwise the selected one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with timed segments.")
@click.pass_context
def command(ctx: click.Context, path: Path, model: str | None, as_json: bool) -> None:
    """把录音转成文字。 Transcribe a sound file, each channel on its own."""
    config = configuration(ctx)
    try:
        result = _transcribe(path, model, config)
    except AsrError as error:
        fail(str(error))
    if as_json:
        print_json(result)
        return
    for segment in result.segments:
        line = f"{segment.start:7.2f}-{segment.end:7.2f} [{segment.channel}] {segment.text}"
        screen.print(line, markup=False, soft_wrap=True)


def _transcribe(path: Path, model: str | None, config: Config) -> Transcript:
    if not path.is_file():
        fail(f"{path}: no such file")
    directory = model or config.asr.model or default_model_dir(config.data_dir)
    with Progress(console=notes, transient=True) as progress:
        task = progress.add_task(path.name, total=None)
        return transcribe_file(
            path,
            Path(directory),
            config.asr.listen,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
