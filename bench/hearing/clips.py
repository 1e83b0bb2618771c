"""Recordings and what is said in them: a manifest, texts beside the files, or a rendered set."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

COLUMNS = ("path", "text", "condition", "speaker", "intent", "keywords", "kind")
Kind = Literal["", "human", "synthetic"]
_MOST_SAID = 10


class FolderError(Exception):
    """The folder cannot be measured; the message says what is wrong, one problem a line."""


class Clip(msgspec.Struct, frozen=True):
    """One recording. ``kind`` "" means that nobody said whether a person speaks in it."""

    path: Path
    text: str
    condition: str = ""
    speaker: str = ""
    intent: str = ""
    keywords: tuple[str, ...] = ()
    kind: Kind = ""


def read_clips(folder: Path, manifest: Path | None = None) -> list[Clip]:
    """The recordings of ``folder``. Raises :class:`FolderError`.

    ``manifest`` (default: ``manifest.tsv`` in the folder) has a first line that names its columns:
    path and text, and any of condition, speaker, intent, keywords (with | between them) and kind
    (human or synthetic). Without one each WAV file needs a .txt beside it, and the folders between
    are the condition. What this project's recipe renders is known by its index.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder}: there is no such folder")
    table = manifest or folder / "manifest.tsv"
    if manifest is not None or table.is_file():
        clips, problems = _from_table(table, folder)
    elif (folder / "index.tsv").is_file() or (folder / "index.json").is_file():
        clips, problems = list(_rendered(folder)), []
    else:
        clips, problems = _with_texts(folder)
    problems += [f"{clip.path}: there is no such file" for clip in clips if not clip.path.is_file()]
    if not clips and not problems:
        problems = [f"{folder}: there is no WAV file in it, and no manifest.tsv"]
    if problems:
        more = len(problems) - _MOST_SAID
        shown = problems[:_MOST_SAID] + ([f"… and {more} more"] if more > 0 else [])
        raise FolderError("\n".join(shown))
    return clips


def _from_table(table: Path, folder: Path) -> tuple[list[Clip], list[str]]:
    try:
        lines = table.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return [], [f"{table}: there is no such file"]
    except (UnicodeDecodeError, OSError):
        return [], [f"{table}: cannot be read as UTF-8 text"]
    rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    names = rows.fieldnames or ()
    if not {"path", "text"} <= set(names) or not set(names) <= set(COLUMNS):
        others = ", ".join(COLUMNS[2:])
        return [], [f"{table} line 1: the columns must be path and text, and may be {others}"]
    clips: list[Clip] = []
    problems: list[str] = []
    for number, row in enumerate(rows, start=2):
        cells = {name: (row[name] or "").strip() for name in names}
        kind = cells.get("kind", "")
        if None in row or not cells["path"] or not cells["text"]:
            problems.append(f"{table} line {number}: needs a path and a text, and no more cells")
        elif kind not in ("", "human", "synthetic"):
            problems.append(f"{table} line {number}: kind is human or synthetic, not {kind}")
        else:
            words = tuple(word for word in cells.pop("keywords", "").split("|") if word)
            path = folder / cells.pop("path")
            clips.append(msgspec.convert({**cells, "path": path, "keywords": words}, Clip))
    return clips, problems


def _with_texts(folder: Path) -> tuple[list[Clip], list[str]]:
    clips: list[Clip] = []
    problems: list[str] = []
    for path in sorted(folder.rglob("*.[wW][aA][vV]")):
        beside = path.with_suffix(".txt")
        try:
            text = beside.read_text(encoding="utf-8-sig").strip()
        except FileNotFoundError:
            problems.append(f"{path}: there is no {beside.name} beside it")
            continue
        except UnicodeDecodeError:
            problems.append(f"{beside}: not UTF-8 text")
            continue
        if not text:
            problems.append(f"{beside}: is empty")
        clips.append(Clip(path, text, path.parent.relative_to(folder).as_posix().strip(".")))
    return clips, problems


def _rendered(folder: Path) -> Iterator[Clip]:
    """What the recipe of the shipped model renders: ``<voice>/<nnn>.wav`` and an index."""
    listed = folder / "index.tsv"
    if listed.is_file():
        rows = [line.split("\t") for line in listed.read_text(encoding="utf-8").splitlines()]
        texts = {row[0]: (row[2], row[1]) for row in rows if len(row) == 3}
        for path in sorted(folder.glob("*/*.wav")):
            if path.stem in texts:
                text, intent = texts[path.stem]
                yield _synthetic(path, text, intent)
        return
    index: dict[str, list[str]] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    for voice, texts_of in index.items():
        for path in sorted((folder / voice).glob("*.wav")):
            if re.fullmatch(r"\d+", path.stem) and int(path.stem) < len(texts_of):
                yield _synthetic(path, texts_of[int(path.stem)], "")


def _synthetic(path: Path, text: str, intent: str) -> Clip:
    voice = path.parent.name
    return Clip(path, text, voice, voice, intent, (), "synthetic")
