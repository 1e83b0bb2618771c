from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from flows.yamlfile import DataError, data_root, read_tsv, read_yaml


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    days: int | None
    slots: tuple[str, ...] = ()


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: tuple[Item, ...]
    names: dict[str, int] = {}


def read(tmp_path: Path, text: str) -> File:
    (tmp_path / "file.yaml").write_text(text, "utf-8")
    return read_yaml(data_root(tmp_path), "file.yaml", File).value


def complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_codes_stay_text_however_they_are_written(tmp_path: Path) -> None:
    found = read(tmp_path, "items:\n- {code: 0208, days: null}\n- {code: '0101', days: 3}\n")
    assert [item.code for item in found.items] == ["0208", "0101"]
    assert [item.days for item in found.items] == [None, 3]


def test_all_that_is_wrong_is_said_at_once_with_line_and_key(tmp_path: Path) -> None:
    text = """items:
  - code: 12
    days: soon
  - days: 1
    slots: [a, 3]
    sluts: [b]
names:
  x: eleven
"""
    assert complaints(tmp_path, text) == [
        "file.yaml line 2: items[0].code: expected text (in quotes), got a whole number",
        "file.yaml line 3: items[0].days: expected a whole number | nothing (null), "
        "got text (in quotes)",
        "file.yaml line 6: items[1].sluts: is not a known key; known are code, days, slots",
        "file.yaml line 4: items[1]: lacks the key code",
        "file.yaml line 5: items[1].slots[1]: expected text (in quotes), got a whole number",
        "file.yaml line 8: names.x: expected a whole number, got text (in quotes)",
    ]


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    text = "items: []\nnames:\n  a: 1\n  a: 2\n"
    assert complaints(tmp_path, text) == ["file.yaml line 4: names.a: is given twice"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("items: [\n", "is not valid YAML"),
        ("", "file.yaml: is empty"),
        ("- a\n", "expected a mapping, got a list"),
        ("? [a]\n: b\n", "a key must be plain text"),
    ],
)
def test_a_file_of_another_shape_says_so(tmp_path: Path, text: str, said: str) -> None:
    (line,) = complaints(tmp_path, text)
    assert said in line


def test_a_missing_file_or_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.yaml: is missing"):
        read_yaml(data_root(tmp_path), "none.yaml", File)
    with pytest.raises(DataError, match="there is no such directory"):
        data_root(tmp_path / "nowhere")


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_bytes("items: [北海]".encode("gbk"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_yaml(data_root(tmp_path), "file.yaml", File)


def test_a_line_is_told_for_keys_and_for_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").write_text("items:\n  - code: a\n    days: 1\n", "utf-8")
    document = read_yaml(data_root(tmp_path), "file.yaml", File)
    assert document.line("items", 0, "days") == 3
    assert document.line("items", 0, "slots", 4) == 2
    problem = document.problem("is odd", "items", 0, "days")
    assert str(problem) == "file.yaml line 3: items[0].days: is odd"


def test_tsv_cells_by_column_with_missing_ones_empty(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\ty\n1\t2\n\n# note\n3\n", "utf-8")
    rows = read_tsv(data_root(tmp_path), "a.tsv", ("x", "y"))
    assert [(row.line, row.cells) for row in rows] == [
        (2, {"x": "1", "y": "2"}),
        (5, {"x": "3", "y": ""}),
    ]


def test_tsv_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("x\ty\n1\t2\t3\n", "utf-8")
    with pytest.raises(DataError, match=r"a\.tsv line 2: has 3 cells where 2 are allowed"):
        read_tsv(data_root(tmp_path), "a.tsv", ("x", "y"))
    with pytest.raises(DataError, match="must name the columns x, z"):
        read_tsv(data_root(tmp_path), "a.tsv", ("x", "z"))
