"""The city's grids: who looks after which few streets, by community and number."""

from __future__ import annotations

import re

import msgspec

from flows.values.spans import number
from flows.yamlfile import DataError, Entry, Problem, read_tsv

_GRID = re.compile(r"第?([0-9零一二三四五六七八九十百]+)(?:号)?网格")


class Community(msgspec.Struct, frozen=True):
    """A community or village: its 12-digit code, name, and how many grids it has."""

    code: str
    name: str
    grids: int


class Grids:
    """Finds grid codes. Built once.

    A code is county (6), town (3), community (3) and grid (3 digits).
    """

    def __init__(self, communities: tuple[Community, ...]) -> None:
        self.communities = communities
        self._by_code = {community.code: community for community in communities}
        # The longest names first: "示范社区12" holds "示范社区1".
        self._names = sorted(communities, key=lambda one: len(one.name), reverse=True)

    def community(self, code: str) -> Community | None:
        """The community of a 12- or 15-digit code."""
        return self._by_code.get(code[:12])

    def find(self, text: str, town_code: str = "") -> str:
        """The code of the grid (15 digits) or community (12 digits) named in ``text``.

        "" if none is, or if communities of several towns have the name and none is said.
        """
        plain = _figures(text)
        found = [one for one in self._names if one.name in plain and one.code.startswith(town_code)]
        longest = [one for one in found if len(one.name) == len(found[0].name)]
        if len(longest) != 1:
            return ""
        community = longest[0]
        hit = _GRID.search(plain)
        grid = number(hit[1]) if hit else None
        if grid is None or not 1 <= grid <= community.grids:
            return community.code
        return f"{community.code}{grid:03d}"


def _figures(text: str) -> str:
    """Numerals after 社区 as figures: a name may end in one."""
    return re.sub(
        r"(?<=社区)[一二三四五六七八九十]+(?!号|栋|网格|单元)",
        lambda hit: str(number(hit[0])),
        text,
    )


def load_grids(root: Entry) -> Grids:
    """Read ``grids.tsv``. Raises :class:`DataError`."""
    communities: list[Community] = []
    problems: list[Problem] = []
    for row in read_tsv(root, "grids.tsv", ("code", "name", "grids")):
        code, name, grids = (row.cells[key] for key in ("code", "name", "grids"))
        if not re.fullmatch("[0-9]{12}", code):
            problems.append(Problem("grids.tsv", row.line, "code", "must have twelve digits"))
        elif not re.fullmatch("[1-9][0-9]{0,2}", grids):
            problems.append(Problem("grids.tsv", row.line, "grids", "must be a number up to 999"))
        else:
            communities.append(Community(code, name, int(grids)))
    if problems:
        raise DataError(problems)
    return Grids(tuple(communities))
