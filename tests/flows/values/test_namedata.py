from __future__ import annotations

from flows.grids import load_grids
from flows.phonetic import syllables
from flows.values.namedata import NAME_WORDS
from flows.yamlfile import data_root


def test_no_two_characters_are_explained_by_the_same_sound() -> None:
    seen: dict[tuple[str, ...], str] = {}
    for table in (NAME_WORDS.compound, NAME_WORDS.surnames, NAME_WORDS.given):
        for char, words in table.items():
            assert seen.setdefault(syllables(words), char) == char, words


def test_grids_have_one_code_each() -> None:
    grids = load_grids(data_root())
    codes = [community.code for community in grids.communities]
    assert len(set(codes)) == len(codes)
    assert sum(community.grids for community in grids.communities) == 3488


def test_a_grid_is_found_by_community_and_number() -> None:
    grids = load_grids(data_root())
    assert grids.find("侨港示范社区三第五网格", "450503103") == "450503103903005"
    assert grids.find("侨港镇侨港示范社区3第5网格") == "450503103903005"
    assert grids.find("侨港示范社区3三栋") == "450503103903"
    assert grids.find("侨港示范社区3", "450502001") == ""
    assert grids.find("侨港示范社区3第99网格") == "450503103903"
    assert grids.find("北海大道十二号") == ""
