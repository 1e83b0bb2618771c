"""Edited flow data: in force for the next call, or refused with file and line."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.dialogue import FlowData
from flows.yamlfile import DataError
from ivr.flowsource import FlowSource
from tests.until import until

SHIPPED = Path(__file__).parents[2] / "flows" / "data"
SERVICE = "services/06.yaml"
NAME = "社会保障卡临时挂失"


class Edited:
    """A city's own copy of the data, and who follows it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.used: list[FlowData] = []
        self.source = FlowSource(root, poll_s=0.02)
        self.source.use = self.used.append

    def edit(self, name: str, old: str, new: str) -> None:
        """Change the first ``old`` in a file."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    async def until_used(self, count: int) -> FlowData:
        """Wait until new data are in force for the ``count``-th time."""
        await until(lambda: len(self.used) >= count)
        return self.used[-1]

    async def until_refused(self, words: str) -> str:
        """Wait until an edit has been refused for a reason with ``words``."""
        found = await until(lambda: [one for one in self.source.status.refused if words in one])
        return found[0]


@pytest.fixture
async def edited(tmp_path: Path) -> AsyncIterator[Edited]:
    """Followed from the start."""
    root = tmp_path / "flows"
    shutil.copytree(SHIPPED, root)
    made = Edited(root)
    await made.source.open()
    made.source.watch()
    yield made
    await made.source.close()


async def test_an_edit_is_in_force_without_a_restart(edited: Edited) -> None:
    before = edited.source.data
    edited.edit(SERVICE, f"name: {NAME}", "name: 社保卡丢失登记")
    data = await edited.until_used(1)
    service = data.knowledge.catalogue.service("0602")
    assert service is not None and service.name == "社保卡丢失登记"
    assert data.prompts["svc.0602"] == "社保卡丢失登记"
    assert edited.source.data is data
    # A call that began before keeps what it began with.
    kept = before.knowledge.catalogue.service("0602")
    assert kept is not None and kept.name == NAME


async def test_a_bad_edit_is_refused_and_the_good_one_after_it_taken(edited: Edited) -> None:
    before = edited.source.data
    edited.edit(SERVICE, "mode: done", "mode: dnoe")
    problem = await edited.until_refused("06.yaml line ")
    assert "mode" in problem
    assert edited.source.data is before and not edited.used
    edited.edit(SERVICE, "mode: dnoe", "mode: done")
    edited.edit(SERVICE, f"name: {NAME}", "name: 社保卡丢失登记")
    await edited.until_used(1)
    assert edited.source.status.refused == ()


async def test_a_file_that_is_not_yaml_is_refused(edited: Edited) -> None:
    edited.edit("menus.yaml", "root:", "root: [")
    assert "menus.yaml line " in await edited.until_refused("not valid YAML")
    assert not edited.used


async def test_an_edit_that_makes_two_services_sound_alike_is_refused(edited: Edited) -> None:
    edited.edit(SERVICE, f"name: {NAME}", "name: 入学报名进度查寻")
    await edited.until_refused("0505")
    assert not edited.used


async def test_a_file_that_goes_away_is_refused(edited: Edited) -> None:
    (edited.root / "menus.yaml").unlink()
    await edited.until_refused("menus.yaml")
    assert not edited.used


async def test_other_files_are_no_edit(edited: Edited) -> None:
    stamps = edited.source._look()
    (edited.root / ".menus.yaml.swp").write_text("x")
    (edited.root / "notes.txt").write_text("x")
    assert edited.source._look() == stamps


async def test_data_that_cannot_be_used_keep_the_line_closed(tmp_path: Path) -> None:
    root = tmp_path / "flows"
    shutil.copytree(SHIPPED, root)
    (root / "menus.yaml").write_text("root: [", encoding="utf-8")
    with pytest.raises(DataError):
        await FlowSource(root, poll_s=1.0).open()
    with pytest.raises(DataError):
        FlowSource(tmp_path / "nowhere", poll_s=1.0)
