"""``hotline models``: which speech models there are, whether they work, which is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from rich.progress import Progress

from asr import library
from asr.engine import ModelError
from ivr.cli.options import configuration
from ivr.cli.output import fail, notes, print_json, screen

T = TypeVar("T")


@click.group("models", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """语音识别模型：列出、检查、下载、导入、选用。 Speech models."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_command, as_json=as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@click.pass_context
def list_command(ctx: click.Context, as_json: bool) -> None:
    """本机的模型。 The models on this machine."""
    found = library.list_models(configuration(ctx).data_dir)
    if as_json:
        print_json(found)
        return
    for model in found:
        marks = [
            "选用 selected" if model.selected else "",
            "随附 shipped" if model.shipped else "",
            "仅以合成语音训练 synthetic-trained" if model.synthetic else "",
        ]
        size = f"{model.size_bytes / 1e6:.0f} MB"
        screen.print(
            f"{model.name}  {size}  {'，'.join(mark for mark in marks if mark)}", markup=False
        )


@command.command("check")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check_command(ctx: click.Context, name: str | None, as_json: bool) -> None:
    """用模型实际识别一段话，看它能不能用。 Decode known speech with a model."""
    data_dir = configuration(ctx).data_dir
    path = _or_fail(
        lambda: library.find(name, data_dir) if name else library.default_model_dir(data_dir)
    )
    with notes.status(f"检查 {path.name}"):
        checked = _or_fail(lambda: library.check(path))
    if as_json:
        print_json(checked)
        return
    screen.print(
        f"{path.name} 可用。听到：{checked.heard}（原话：{checked.expected}）", markup=False
    )
    screen.print(
        f"载入 {checked.load_s:.1f} 秒，内存 {checked.memory_mb} MB，"
        f"每秒语音用时 {checked.realtime_factor:.3f} 秒"
    )


@command.command("fetch")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the model.")
@click.pass_context
def fetch_command(ctx: click.Context, name: str, as_json: bool) -> None:
    """按名称下载官方模型。 Download an official Vosk model by name."""
    data_dir = configuration(ctx).data_dir
    model = _with_progress(lambda tell: library.fetch(name, data_dir, tell))
    _tell(model, as_json, f"已安装 {model.name}；用 hotline models select {model.name} 选用")


@command.command("import")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the model.")
@click.pass_context
def import_command(ctx: click.Context, archive: Path, as_json: bool) -> None:
    """从 ZIP 文件导入模型。 Install a model from a ZIP file."""
    data_dir = configuration(ctx).data_dir
    model = _with_progress(lambda tell: library.import_zip(archive, data_dir, tell))
    _tell(model, as_json, f"已安装 {model.name}；用 hotline models select {model.name} 选用")


@command.command("select")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: the model.")
@click.pass_context
def select_command(ctx: click.Context, name: str, as_json: bool) -> None:
    """检查并选用模型，下次启动生效。 Use a model from the next start on."""
    data_dir = configuration(ctx).data_dir
    with notes.status(f"检查 {name}"):
        model = _or_fail(lambda: library.select(name, data_dir))
    _tell(model, as_json, f"下次启动使用 {model.name}")


def _tell(model: library.ModelInfo, as_json: bool, text: str) -> None:
    if as_json:
        print_json(model)
    else:
        screen.print(text, markup=False)


def _with_progress(work: Callable[[library.OnProgress], T]) -> T:
    with Progress(console=notes, transient=True) as progress:
        task = progress.add_task("…", total=None)

        def tell(done: float, total: float, text: str) -> None:
            progress.update(task, completed=done, total=total or None, description=text)

        return _or_fail(lambda: work(tell))


def _or_fail(work: Callable[[], T]) -> T:
    try:
        return work()
    except ModelError as error:
        fail(str(error))
