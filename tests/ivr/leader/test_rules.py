"""The rules as data: what ships is sound, and a mistake is told with its line."""

from __future__ import annotations

from datetime import date, datetime
from importlib import resources
from pathlib import Path

import pytest

from flows.yamlfile import DataError
from ivr.leader.rules import load

DATA = load()


def changed(tmp_path: Path, name: str, before: str, after: str) -> Path:
    """A city's own directory with one file, put wrong."""
    text = (resources.files("ivr.leader") / name).read_text(encoding="utf-8")
    assert before in text
    (tmp_path / name).write_text(text.replace(before, after, 1), encoding="utf-8")
    return tmp_path


def test_a_city_may_change_a_rule_and_keep_the_rest(tmp_path: Path) -> None:
    own = load(changed(tmp_path, "rules.yaml", "recent_days: 30", "recent_days: 60"))
    assert own.rules.recent_days == 60
    assert own.workdays == DATA.workdays
    assert own.rules.rule("unsolved") == "未解决"


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("rules.yaml", "id: difficult", "id: hard", r"rules.yaml line \d+: select\[4\].id"),
        ("rules.yaml", "id: repeated, ", "id: difficult, ", "must name each of"),
        ("rules.yaml", "{repeated} 次", "{times} 次", r"select\[3\]: only"),
        ("rules.yaml", "most_attempts: 2", "most_attempts: 0", "at least 1"),
        ("rules.yaml", 'until: "18:00"', 'until: "25:00"', 'a time is written "09:00"'),
        ("rules.yaml", "planned: 16", "planned: 很多", "session.planned"),
        ("workdays.yaml", "2026-01-03", "2026-01-32", "is no date"),
        ("workdays.yaml", "2026-01-04", "2026-01-05", "is no weekend day"),
        ("workdays.yaml", "2026-01-01", "2027-01-01", "is not in 2026"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, name: str, before: str, after: str, told: str
) -> None:
    with pytest.raises(DataError, match=told):
        load(changed(tmp_path, name, before, after))


def test_working_days_leave_out_holidays_and_take_in_days_worked_instead() -> None:
    days = DATA.workdays
    assert not days.is_workday(date(2026, 10, 1))
    assert days.is_workday(date(2026, 10, 10))  # a Saturday that is worked
    assert not days.is_workday(date(2026, 10, 11))
    # Five working days from the last one before the holiday.
    assert days.after(date(2026, 9, 30), 5) == date(2026, 10, 13)
    assert days.between(date(2026, 9, 30), date(2026, 10, 13)) == 5
    assert days.after(date(2026, 11, 20), 5) == date(2026, 11, 27)
    assert 2030 not in days.years
    assert days.is_workday(date(2030, 10, 1))
    opened = datetime(2026, 11, 20, 22, 0).astimezone()
    assert days.deadline(opened, 5, "18:00") == datetime(2026, 11, 27, 18, 0).astimezone()


def test_county_units_are_told_by_their_name() -> None:
    assert DATA.rules.level("合浦县住房和城乡建设局") == "县级"
    assert DATA.rules.level("市城市管理局") == "市级"
