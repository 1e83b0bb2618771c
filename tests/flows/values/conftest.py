"""Settings to take values in: the catalogue's fields, a Monday morning in Beihai."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from flows.catalogue import Choice, SlotSpec, load_catalogue
from flows.gazetteer import Gazetteer, load_gazetteer
from flows.values.value import Setting
from flows.yamlfile import data_root

NOW = datetime(2026, 11, 23, 9, 30)
CALLER = "13900001234"

Place = Callable[..., Setting]


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer(load_gazetteer(data_root()).value)


@pytest.fixture(scope="session")
def slots() -> dict[str, SlotSpec]:
    return dict(load_catalogue(data_root()).slots)


@pytest.fixture(scope="session")
def setting(gazetteer: Gazetteer) -> Place:
    """Makes a setting for a field of its own: ``setting("date", label="出生日期")``."""

    def make(
        type: str,
        *,
        label: str = "这一项",
        prompt: str = "请说。",
        choices: tuple[Choice, ...] = (),
        optional: bool = False,
        least: int | None = None,
        most: int | None = None,
        unit: str = "",
        caller: str = CALLER,
    ) -> Setting:
        slot = SlotSpec(
            label,
            type,
            True,
            prompt,
            choices=choices,
            optional=optional,
            least=least,
            most=most,
            unit=unit,
        )
        return Setting(slot, choices, NOW, caller, "0779", gazetteer)

    return make
