"""YAML and TSV data files read with line numbers, so that an error names its place.

Plain scalars are read by a narrow rule: ``true``/``false``, ``null``/``~``, decimal numbers
without a leading zero, and text. ``0208`` therefore stays text, and so do ``no`` and dates.
Nothing here is called after loading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import msgspec.inspect as mi
import yaml

T = TypeVar("T")
KeyPath = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"-?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")


class Entry(Protocol):
    """What is needed of a file or folder; both ``Path`` and package resources have it."""

    @property
    def name(self) -> str:
        """The last part of the path."""

    def joinpath(self, child: str, /) -> Entry:
        """An entry of this folder."""

    def iterdir(self) -> Iterable[Entry]:
        """The entries of this folder."""

    def is_file(self) -> bool:
        """Whether this is a file."""

    def read_text(self, encoding: str) -> str:
        """The whole text."""


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong in the data: where (``line`` 0 means the whole file), and what."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = self.file + (f" line {self.line}" if self.line else "")
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class DataError(Exception):
    """The flow data cannot be used; the message has one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Document(Generic[T]):
    """A file's validated value, and the line on which each of its keys stands."""

    def __init__(self, name: str, value: T, lines: dict[KeyPath, int]) -> None:
        self.name = name
        self.value = value
        self._lines = lines

    def line(self, *path: str | int) -> int:
        """The line of ``path``, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def problem(self, message: str, *path: str | int) -> Problem:
        """A problem at ``path`` in this file."""
        return Problem(self.name, self.line(*path), spell(path), message)


class Row(msgspec.Struct, frozen=True):
    """One line of a TSV file: its number and its cells by column name."""

    line: int
    cells: dict[str, str]


def data_root(directory: Path | None = None) -> Entry:
    """The folder with the flow data: the package's own, or a city's ``directory``."""
    if directory is None:
        return files("flows").joinpath("data")
    if not directory.is_dir():
        raise DataError([Problem(str(directory), 0, "", "there is no such directory")])
    return directory


def spell(path: KeyPath) -> str:
    """A key path as people write it: ``items[2].slots[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_yaml(root: Entry, name: str, type_: type[T]) -> Document[T]:
    """Read ``name`` (a path below ``root``) as a value of ``type_``.

    Raises :class:`DataError` with everything that is wrong in the file.
    """
    text = _text(root, name)
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = f"is not valid YAML: {error.problem or error.context}"
        raise DataError([Problem(name, mark.line + 1 if mark else 0, "", message)]) from error
    if node is None:
        raise DataError([Problem(name, 0, "", "is empty")])
    lines: dict[KeyPath, int] = {}
    problems: list[Problem] = []
    data = _plain(node, (), name, lines, problems)
    if not problems:
        problems = [
            Problem(name, _near(lines, path), spell(path), message)
            for path, message in _complaints(data, mi.type_info(type_), type_, ())
        ]
    if problems:
        raise DataError(problems)
    return Document(name, msgspec.convert(data, type_), lines)


def read_tsv(root: Entry, name: str, columns: tuple[str, ...]) -> list[Row]:
    """Read a tab-separated file whose first line names exactly ``columns``."""
    lines = _text(root, name).splitlines()
    if not lines or tuple(lines[0].split("\t")) != columns:
        wanted = ", ".join(columns)
        raise DataError([Problem(name, 1, "", f"the first line must name the columns {wanted}")])
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) > len(columns):
            message = f"has {len(cells)} cells where {len(columns)} are allowed"
            problems.append(Problem(name, number, "", message))
            continue
        cells += [""] * (len(columns) - len(cells))
        rows.append(Row(number, dict(zip(columns, (cell.strip() for cell in cells), strict=True))))
    if problems:
        raise DataError(problems)
    return rows


def _text(root: Entry, name: str) -> str:
    entry = root
    for part in name.split("/"):
        entry = entry.joinpath(part)
    try:
        return entry.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError([Problem(name, 0, "", "is missing")]) from error
    except UnicodeDecodeError as error:
        raise DataError([Problem(name, 0, "", "is not UTF-8 text")]) from error
    except OSError as error:
        raise DataError([Problem(name, 0, "", f"cannot be read: {error.strerror}")]) from error


def _near(lines: dict[KeyPath, int], path: KeyPath) -> int:
    while path not in lines and path:
        path = path[:-1]
    return lines.get(path, 1)


def _plain(
    node: yaml.Node,
    path: KeyPath,
    name: str,
    lines: dict[KeyPath, int],
    problems: list[Problem],
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(Problem(name, line, spell(path), "a key must be plain text"))
                continue
            key = str(key_node.value)
            if key in mapping:
                problems.append(Problem(name, line, spell((*path, key)), "is given twice"))
            lines[(*path, key)] = line
            mapping[key] = _plain(value_node, (*path, key), name, lines, problems)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(item, (*path, index), name, lines, problems)
            for index, item in enumerate(node.value)
        ]
    return _scalar(node)


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    text = str(node.value)
    if not isinstance(node, yaml.ScalarNode) or node.style:
        return text
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "null", "~"):
        return None
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _complaints(data: Any, info: mi.Type, type_: Any, path: KeyPath) -> list[tuple[KeyPath, str]]:
    """Everything that keeps ``data`` from being a ``type_``, innermost places first."""
    try:
        msgspec.convert(data, type_)
        return []
    except msgspec.ValidationError as error:
        own = str(error)
    found: list[tuple[KeyPath, str]] = []
    if isinstance(info, mi.StructType) and isinstance(data, dict):
        known = {field.encode_name: field for field in info.fields}
        for key in data:
            if key not in known and info.forbid_unknown_fields:
                found.append(((*path, key), f"is not a known key; known are {', '.join(known)}"))
        hints = msgspec.structs.fields(info.cls)
        for field, hint in zip(info.fields, hints, strict=True):
            if field.encode_name in data:
                place = (*path, field.encode_name)
                found += _complaints(data[field.encode_name], field.type, hint.type, place)
            elif field.required:
                found.append((path, f"lacks the key {field.encode_name}"))
    elif isinstance(info, mi.DictType) and isinstance(data, dict):
        inner = _argument(type_, -1)
        for key, value in data.items():
            found += _complaints(value, info.value_type, inner, (*path, key))
    elif isinstance(info, mi.ListType | mi.VarTupleType) and isinstance(data, list):
        inner = _argument(type_, 0)
        for index, value in enumerate(data):
            found += _complaints(value, info.item_type, inner, (*path, index))
    return found or [(path, _sentence(own))]


def _argument(type_: Any, index: int) -> Any:
    return type_.__args__[index]


def _sentence(message: str) -> str:
    """msgspec's message in the words of somebody who edits YAML."""
    message = message.split(" - at `$")[0]
    message = message.replace("`", "")
    for word, plain in (
        ("str", "text (in quotes)"),
        ("int", "a whole number"),
        ("float", "a number"),
        ("bool", "true or false"),
        ("array", "a list"),
        ("object", "a mapping"),
        ("null", "nothing (null)"),
    ):
        message = re.sub(rf"\b{word}\b", plain, message)
    return message[:1].lower() + message[1:]
