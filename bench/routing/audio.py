"""Recognising the rendered sentences, as they sound on the telephone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from asr.selection import default_model_dir
from asr.transcribe import transcribe
from asr.vosk_engine import VoskEngine


def recognise(
    folder: Path, model: Path | None, on_progress: Callable[[int, int], None]
) -> dict[str, dict[int, str]]:
    """The text recognised in every ``folder/<voice>/<nnn>.wav``, by voice and number.

    Kept in ``folder/recognised.json`` with the model and the time of each file, so that a
    second run only decodes what is new.
    """
    files = sorted(folder.glob("*/[0-9][0-9][0-9].wav"))
    kept_in = folder / "recognised.json"
    kept: dict[str, str] = json.loads(kept_in.read_text("utf-8")) if kept_in.exists() else {}
    model_dir = model or default_model_dir()
    engine: VoskEngine | None = None
    heard: dict[str, dict[int, str]] = {}
    changed = max((path.stat().st_mtime_ns for path in model_dir.rglob("*")), default=0)
    for done, path in enumerate(files):
        key = f"{model_dir.name} {changed} {path.relative_to(folder)} {path.stat().st_mtime_ns}"
        if key not in kept:
            engine = engine or VoskEngine(model_dir)
            kept[key] = transcribe(path, engine).text
            if done % 20 == 19:
                kept_in.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        heard.setdefault(path.parent.name, {})[int(path.stem)] = kept[key]
        on_progress(done + 1, len(files))
    if files:
        kept_in.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
    return heard
