"""``hotline transcribe``: the words in a sound file."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.progress import Progress

from asr.engine import AsrError, Word
from asr.isolated import transcribe_file
from asr.selection import default_model_dir
from asr.transcribe import Segment, Transcript
from asr.written import Writer
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen
from ivr.config import Config


class _Line(Segment, frozen=True, kw_only=True):
    """A segment with its text as people write it."""

    clean: str
    clean_words: tuple[Word, ...]


class _Both(msgspec.Struct, frozen=True):
    """What was heard in a file, as recognised and as written."""

    text: str
    clean: str
    segments: tuple[_Line, ...]


@click.command("transcribe")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--model", help="Model directory; otherwise the selected one.")
@click.option("--raw", is_flag=True, help="As recognised: no figures, marks or left-out fillers.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, both texts with times.")
@click.pass_context
def command(ctx: click.Context, path: Path, model: str | None, raw: bool, as_json: bool) -> None:
    """把录音转成文字。 Transcribe a sound file, each channel on its own."""
    config = configuration(ctx)
    try:
        result = _transcribe(path, model, config)
    except AsrError as error:
        fail(str(error))
    lines = _written(result)
    if as_json:
        print_json(_Both(result.text, "".join(line.clean for line in lines), lines))
        return
    for line in lines:
        text = line.text if raw else line.clean
        if text:
            told = f"{line.start:7.2f}-{line.end:7.2f} [{line.channel}] {text}"
            screen.print(told, markup=False, soft_wrap=True)


def _written(result: Transcript) -> tuple[_Line, ...]:
    writer = Writer()
    lines = []
    for segment in result.segments:
        # An engine may give no words.
        words = segment.words or (Word(segment.text, segment.start, segment.end),)
        written = writer.write(words)
        lines.append(
            _Line(**msgspec.structs.asdict(segment), clean=written.text, clean_words=written.words)
        )
    return tuple(lines)


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
