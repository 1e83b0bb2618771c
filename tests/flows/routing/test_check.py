"""The shipped data is sound, and spoilt data is told by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.check import check, check_flows
from flows.knowledge import Knowledge
from tests.flowdata import remembering


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) >= 1, old
    file.write_text(text.replace(old, new, 1), "utf-8")


def line_of(file: Path, text: str) -> int:
    return 1 + next(n for n, line in enumerate(file.read_text("utf-8").split("\n")) if text in line)


def test_the_shipped_data_has_no_problem_and_every_name_is_sure() -> None:
    data = remembering()
    assert [str(problem) for problem in check_flows(data)] == []
    # That each name and alias reaches its service is among what was checked.
    knowledge = data.knowledge
    unsure = [
        text
        for item in knowledge.catalogue.services
        for text in (item.name, *item.aliases)
        if knowledge.router.route(text).decision != "sure"
    ]
    assert unsure == []


def test_the_catalogue_is_the_agreed_one(knowledge: Knowledge) -> None:
    catalogue = knowledge.catalogue
    assert len(catalogue.categories) == 18
    codes = [item.code for item in catalogue.services]
    assert len(codes) == len(set(codes)) == 94
    for category in catalogue.categories:
        assert catalogue.category(category.code) is category
        for item in category.items:
            assert catalogue.service(item.code) is item
            assert catalogue.category_of(item) is category
            assert knowledge.intents[item.intent].name == item.name
    assert catalogue.service("0000") is None
    assert catalogue.category("99") is None


# What keeps the data from loading, each on its own.
BROKEN = [
    ("services/06.yaml", "code: '0602'", "code: '0601'", "service 0601 is already in"),
    ("services/06.yaml", "code: '0602'", "code: '0702'", "must begin with 06"),
    ("services/06.yaml", "code: '0602'", "code: 602", "items[1].code: expected text"),
    ("services/06.yaml", "mode: done", "mode: doen", "items[1].mode"),
    ("services/06.yaml", "      - (办|申请|申领", "      - (办|申请|申领|(", "lacks a closing )"),
    ("services/06.yaml", "card_tail, lost_time", "card_tial, lost_time", "card_tial is not in"),
    ("services/06.yaml", "[市人力资源和社会保障局]", "[市社保局]", "市社保局 is not in units"),
    ("intents.yaml", "  sys.agent:", "  sis.agent:", "must begin with"),
    ("emergencies.yaml", "id: em.fire", "id: em.gas", "em.gas is given twice"),
    ("emergencies.yaml", "keywords: [煤气味,", "keywords: [煤气味, (,", "lacks a closing )"),
    (
        "gazetteer.yaml",
        "name: 西塘, town: '450502007'",
        "name: 西塘, town: '450503100'",
        "is not in",
    ),
    ("gazetteer.yaml", "code: '450502001'", "code: '450599001'", "no county has the code 450599"),
]

# What can be loaded and is wrong all the same.
DOUBTFUL = [
    ("services/06.yaml", "社保卡丢了, 挂失社保卡", "路灯不亮, 挂失社保卡", "understood as cmp."),
    ("services/06.yaml", "社保卡找到了, ", "办社保卡, ", "is also an alias of 0601"),
    ("services/06.yaml", "name: 社会保障卡解除挂失", "name: 社会保障卡临时瓜失", "sounds too much"),
    ("intents.yaml", "units: [市公安局交通警察支队]", "units: [交警]", "交警 is not in units.yaml"),
    ("emergencies.yaml", "transfer: ['119', '12395']", "transfer: ['118']", "118 is not in"),
    ("emergencies.yaml", "notify: [市应急管理局,", "notify: [应急局,", "应急局 is not in"),
    (
        "emergencies.yaml",
        "keywords: [煤气味,",
        "keywords: [空调漏气,",
        "空调漏气 is heard as nothing",
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), BROKEN)
def test_broken_data_is_told_by_file_and_line(
    city: Path, name: str, old: str, new: str, said: str
) -> None:
    line = line_of(city / name, old)
    replace(city / name, old, new)
    told = check(city)
    found = [problem for problem in told if said in str(problem)]
    assert found, [str(problem) for problem in told]
    assert (found[0].file, found[0].line) == (name, line)


def test_doubtful_data_is_all_told_at_once_by_file_and_line(city: Path) -> None:
    lines = [line_of(city / name, old) for name, old, _, _ in DOUBTFUL]
    for name, old, new, _ in DOUBTFUL:
        replace(city / name, old, new)
    replace(city / "catalogue.yaml", "items: 94", "items: 95")
    told = check(city)
    assert "catalogue.yaml" in "".join(
        problem.file for problem in told if "says 95, but there are 94" in str(problem)
    )
    for line, (name, _, _, said) in zip(lines, DOUBTFUL, strict=True):
        found = [problem for problem in told if said in str(problem)]
        assert found, said
        assert (found[0].file, found[0].line) == (name, line)


def test_a_missing_file_is_told(city: Path) -> None:
    (city / "hotlines.tsv").unlink()
    assert [str(problem) for problem in check(city)] == ["hotlines.tsv: is missing"]


def test_hotlines_and_transfer_numbers_are_loaded(knowledge: Knowledge) -> None:
    assert len(knowledge.hotlines) == 36
    assert {"110", "119", "120", "122", "12395"} <= {item.number for item in knowledge.transfers}
    assert any(item.number == "12329" and "公积金" in item.name for item in knowledge.hotlines)
