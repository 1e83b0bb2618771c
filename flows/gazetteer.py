"""Where something is: county, town and place out of colloquial or misrecognised speech."""

from __future__ import annotations

from typing import Literal

import msgspec

from flows.phonetic import Match, Sounded, find, sound
from flows.ticket import Place
from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml

LEAST_ALIKE = 0.88
# A misreading of two characters is often a common word ("高的"): it needs a place word behind it.
PLACE_WORDS = (
    *("街道", "镇", "乡", "村", "社区", "街", "片区", "市场", "小学", "中学", "学校", "医院"),
    *("那边", "这边", "那里", "这里", "附近", "旁边", "门口", "那块", "一带", "卫生院"),
)
# A town's short name before one of these names a road, which may lie anywhere.
ROAD_WORDS = ("路", "大道", "巷", "大街")


class County(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A county or district with its six-digit code; ``confuse`` are common misreadings."""

    code: str
    name: str
    alias: tuple[str, ...] = ()
    confuse: tuple[str, ...] = ()
    note: str = ""


class Town(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A town or street office; the first six digits of its code are its county."""

    code: str
    name: str
    alias: tuple[str, ...] = ()
    confuse: tuple[str, ...] = ()
    note: str = ""


class Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A community, estate, road or landmark and the county (town) it hints at."""

    name: str
    county: str
    source: Literal["article", "page", "own"]
    town: str = ""
    alias: tuple[str, ...] = ()
    confuse: tuple[str, ...] = ()
    note: str = ""


class GridCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the city's grid codes are built."""

    format: str
    basis: str
    note: str


class GazetteerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``gazetteer.yaml``. ``ambiguous`` roads lie in more than one county: ask."""

    city: str
    city_code: str
    area_code: str
    plate_prefix: str
    source: str
    counties: tuple[County, ...]
    towns: tuple[Town, ...]
    places: tuple[Spot, ...]
    ambiguous: tuple[str, ...]
    grid_code: GridCode


class PlaceMatch(msgspec.Struct, frozen=True):
    """One name heard in a text: how sure (0-1), and where it stands.

    ``ambiguous`` is true where the name alone does not say which county it is in.
    """

    name: str
    level: Literal["county", "town", "place"]
    county_code: str
    town_code: str
    score: float
    start: int
    end: int
    ambiguous: bool = False


class _Name(msgspec.Struct, frozen=True):
    sounded: Sounded
    level: Literal["county", "town", "place"]
    name: str
    county_code: str
    town_code: str
    ambiguous: bool
    exact: bool
    misreading: bool = False

    def fits(self, text: str, match: Match) -> bool:
        """Whether what stands around the match lets it be this name."""
        if len(self.sounded.chars) > 2:
            return True
        rest = text[match.end :]
        if self.exact and text[match.start : match.end] != self.sounded.text:
            return False
        if self.misreading:
            return not rest.strip("。，,. ") or rest.startswith(PLACE_WORDS)
        return not (self.level == "town" and rest.startswith(ROAD_WORDS))


class Gazetteer:
    """Finds the city's places in text. Built once."""

    def __init__(self, data: GazetteerFile) -> None:
        self.data = data
        self._counties = {county.code: county for county in data.counties}
        self._towns = {town.code: town for town in data.towns}
        self._names = tuple(self._spellings())

    def _spellings(self) -> list[_Name]:
        names: list[_Name] = []

        def add(
            level: Literal["county", "town", "place"],
            entry: County | Town | Spot,
            county: str,
            town: str,
            *,
            short: tuple[str, ...] = (),
        ) -> None:
            for spelling in (entry.name, *entry.alias, *short):
                exact = len(spelling) <= 2
                names.append(_Name(sound(spelling), level, entry.name, county, town, False, exact))
            for spelling in entry.confuse:
                read = sound(spelling)
                names.append(_Name(read, level, entry.name, county, town, False, True, True))

        for county in self.data.counties:
            short = (county.name.removesuffix("区").removesuffix("县"),)
            add("county", county, county.code, "", short=short)
        for town in self.data.towns:
            add("town", town, town.code[:6], town.code)
        for spot in self.data.places:
            add("place", spot, spot.county, spot.town)
        for road in self.data.ambiguous:
            names.append(_Name(sound(road), "place", road, "", "", True, False))
        return names

    def candidates(self, text: str) -> tuple[PlaceMatch, ...]:
        """All names heard in ``text`` that do not overlap a surer or longer one, in order."""
        heard = sound(text)
        found: list[PlaceMatch] = []
        for name in self._names:
            match = find(name.sounded, heard, 1.0 if name.exact else LEAST_ALIKE)
            if match is None:
                continue
            same = text[match.start : match.end] == name.sounded.text
            if not name.fits(text, match):
                continue
            found.append(
                PlaceMatch(
                    name.name,
                    name.level,
                    name.county_code,
                    name.town_code,
                    round(match.score if same else match.score * 0.95, 3),
                    match.start,
                    match.end,
                    name.ambiguous,
                )
            )
        found.sort(key=lambda match: (match.start - match.end, -match.score, match.start))
        kept: list[PlaceMatch] = []
        for one in found:
            if all(one.end <= other.start or one.start >= other.end for other in kept):
                kept.append(one)
        return tuple(sorted(kept, key=lambda match: match.start))

    def find(self, text: str) -> Place:
        """The most specific place that ``text`` names, with town and county where known.

        ``said`` is the text itself. An empty ``county`` means that it must be asked.
        """
        matches = self.candidates(text)
        places = sorted(
            (match for match in matches if match.level == "place"),
            key=lambda match: match.ambiguous,
        )
        place = places[0].name if places else ""
        county = next((match.county_code for match in matches if match.level == "county"), "")
        town = ""
        for match in matches:
            # A short town name that contradicts the county said is more likely something else.
            doubtful = county and match.end - match.start <= 2
            if match.town_code and not town and not (doubtful and match.county_code != county):
                town = match.town_code
        if town:
            county = town[:6]
        county = county or next((match.county_code for match in matches if match.county_code), "")
        return Place(
            said=text,
            county=self._counties[county].name if county else "",
            county_code=county,
            town=self._towns[town].name if town else "",
            town_code=town,
            place=place,
        )

    def county(self, code: str) -> County | None:
        """The county with this six-digit code."""
        return self._counties.get(code)

    def town(self, code: str) -> Town | None:
        """The town with this nine-digit code."""
        return self._towns.get(code)


def load_gazetteer(root: Entry) -> Document[GazetteerFile]:
    """Read ``gazetteer.yaml``. Raises :class:`DataError` (unknown parents included)."""
    document = read_yaml(root, "gazetteer.yaml", GazetteerFile)
    data = document.value
    counties = {county.code for county in data.counties}
    towns = {town.code for town in data.towns}
    problems: list[Problem] = []
    for index, town in enumerate(data.towns):
        if town.code[:6] not in counties:
            message = f"no county has the code {town.code[:6]}"
            problems.append(document.problem(message, "towns", index, "code"))
    for index, spot in enumerate(data.places):
        if spot.county not in counties:
            message = f"no county has the code {spot.county}"
            problems.append(document.problem(message, "places", index, "county"))
        if spot.town and spot.town not in towns:
            message = f"no town has the code {spot.town}"
            problems.append(document.problem(message, "places", index, "town"))
        elif spot.town and spot.town[:6] != spot.county:
            message = f"town {spot.town} is not in county {spot.county}"
            problems.append(document.problem(message, "places", index, "town"))
    if problems:
        raise DataError(problems)
    return document
