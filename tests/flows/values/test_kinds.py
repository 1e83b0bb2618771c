from __future__ import annotations

from flows.catalogue import load_catalogue
from flows.values.kinds import kind
from flows.yamlfile import data_root


def test_every_type_of_the_catalogue_has_a_kind() -> None:
    for slot in load_catalogue(data_root()).slots.values():
        assert kind(slot.type) is not None
