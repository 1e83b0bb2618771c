"""Addresses down to the door, and the administrative division of a person or a city."""

from __future__ import annotations

import re

from flows.commands import AnySpeech, KeyInput, Say, Text
from flows.gazetteer import Gazetteer
from flows.grids import Community, load_grids
from flows.phonetic import find as find_sound
from flows.phonetic import sound
from flows.ticket import Place
from flows.values.base import Keyed, Spoken
from flows.values.corrections import last_word
from flows.values.roads import road_in
from flows.values.value import NOTHING, Setting, Taken, Value
from flows.values.words import bare
from flows.yamlfile import data_root, read_tsv

_LEAD = re.compile(
    r"^(?:嗯+|呃+|那个|就是|我的|我们|我家|我|他|她|孩子|店|现在|目前|户口|户籍|地址|店铺地址|家庭住址|住址|家|要去|想去|去"
    r"|的|住在|住|租在|租住|租|在|是|位于|到)+(?=.)"
)
_TAIL = re.compile(r"(?:那里|那边|这里|这边|看病|就医|住院|治病|治疗|吧|啊|呢)+$")
DOOR = re.compile(r"[0-9零一二三四五六七八九十百]+(?:号|栋|幢|单元|室|楼|层|巷|弄|队|组)")
_RENTED = ("租住在", "租在", "租的", "租住")
_GRIDS = load_grids(data_root())
_HOME = ("我住", "住在", "地址是", "家在", "家住")


class Address(Spoken):
    """County, town and the rest: "海城区高德街道北京路12号"."""

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """The address; what is missing is asked for, what was said stays as a part."""
        said = _cleaned(last_word(text) if not part else text)
        whole = _joined(part, said, setting.gazetteer) if part else said
        if len(said) < 2:
            return NOTHING
        place = setting.gazetteer.find(whole)
        detail = _detail(whole, place, setting.gazetteer)
        known = bool(place.county_code or place.place or road_in(whole) or DOOR.search(whole))
        if not known and not part:
            return NOTHING
        if not detail:
            return Taken(part=whole, problem="value.address.detail") if known else NOTHING
        if not place.county_code:
            if part and not setting.gazetteer.find(part).county_code:
                # Asked once for the county and not told: an address outside the city, as said.
                return Taken(value=Value(whole, bare(text)))
            return Taken(part=whole, problem="value.address.county")
        return Taken(value=Value(place.county + place.town + detail, bare(text)))

    def find(self, text: str, setting: Setting) -> Taken:
        """An address after "我住在", with its county and a road or a door."""
        rented = "租" in setting.slot.label
        cue = next((cue for cue in (_RENTED if rented else _HOME) if cue in text), "")
        if not cue or (not rented and (setting.slot.label != "详细地址" or "租" in text)):
            return NOTHING
        rest = text[text.index(cue) :]
        place = setting.gazetteer.find(rest)
        road = road_in(rest)
        if not place.county_code or not road or not DOOR.search(road):
            return NOTHING
        detail = _detail(road, place, setting.gazetteer) or road
        return Taken(value=Value(place.county + place.town + detail, rest))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """County and town as recorded, then the rest."""
        place = setting.gazetteer.find(value.text)
        rest = value.text.removeprefix(place.county).removeprefix(place.town)
        if not place.county or rest == value.text:
            return super().read_back(value, setting)
        return (*division_speech(place), *((Text(rest),) if rest else ()))


def place_of(value: Value, gazetteer: Gazetteer) -> Place:
    """County, town and place, with their codes, of a filed address."""
    return gazetteer.find(value.text)


def grid_of(value: Value, gazetteer: Gazetteer) -> str:
    """The grid (15 digits) or community (12 digits) that a filed address names, "" if none."""
    return _GRIDS.find(value.text, gazetteer.find(value.text).town_code)


def grid_in(text: str, town_code: str) -> str:
    """The grid or community code that ``text`` names in this town, "" if none."""
    return _GRIDS.find(text, town_code)


def communities(town_code: str) -> tuple[Community, ...]:
    """The communities of a town, in the order of their codes."""
    return tuple(one for one in _GRIDS.communities if one.code.startswith(town_code))


def division_speech(place: Place) -> tuple[AnySpeech, ...]:
    """County and town as they are recorded."""
    county = (Say(f"county.{place.county_code}"),) if place.county_code else ()
    return (*county, *((Say(f"town.{place.town_code}"),) if place.town_code else ()))


def _cleaned(text: str) -> str:
    plain = bare(text)
    return _TAIL.sub("", _LEAD.sub("", plain))


def _joined(part: str, said: str, gazetteer: Gazetteer) -> str:
    """A county said afterwards goes before the road said first."""
    place = gazetteer.find(said)
    return (
        said + part if place.county_code and not gazetteer.find(part).county_code else part + said
    )


def _detail(text: str, place: Place, gazetteer: Gazetteer) -> str:
    """What of an address lies below county and town."""
    rest = text
    for match in reversed(gazetteer.candidates(text)):
        if match.level != "place" and (
            match.level == "county" or match.town_code == place.town_code
        ):
            rest = rest[: match.start] + rest[match.end :]
    rest = re.sub(r"^(?:广西壮族自治区|广西区|广西|北海市|北海(?!大道))+", "", rest)
    return rest.strip("的在，, ")


class Division(Keyed):
    """County and town here ("银海区侨港镇"), or a city elsewhere ("广西壮族自治区南宁市")."""

    def take(self, text: str, setting: Setting, part: str) -> Taken:
        """A division here; else a city or province of the country."""
        said = bare(last_word(text))
        abroad = "城市" in setting.slot.label
        city = _city(said)
        place = setting.gazetteer.find(part + said)
        if city and (abroad or not place.county_code):
            return Taken(value=Value(city, bare(text)))
        if abroad:
            return NOTHING
        if place.town_code:
            return Taken(value=Value(place.county + place.town, bare(text)))
        if place.county_code:
            if part:
                return Taken(value=Value(place.county, bare(text)))
            return Taken(part=place.county, problem="value.division.town")
        return NOTHING

    def find(self, text: str, setting: Setting) -> Taken:
        """A place next to the field's own words."""
        label = setting.slot.label
        if "户籍" in label and ("户口" in text or "户籍" in text):
            place = setting.gazetteer.find(text)
            if place.town_code:
                return Taken(value=Value(place.county + place.town, bare(text)))
        if "就医" in label and (city := _city(text)):
            return Taken(value=Value(city, bare(text)))
        return NOTHING

    def keys(self, setting: Setting) -> KeyInput | None:
        """The county's number in its usual order, where a place here is asked for."""
        return None if "城市" in setting.slot.label else KeyInput(1)

    def take_keys(self, digits: str, setting: Setting) -> Taken:
        """The county with this number, from 1."""
        counties = setting.gazetteer.data.counties
        if not digits.isdecimal() or not 1 <= int(digits) <= len(counties):
            return Taken(problem="value.choice.number")
        return Taken(value=Value(counties[int(digits) - 1].name, digits))

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """As recorded, where it is here."""
        place = setting.gazetteer.find(value.text)
        if value.text and value.text == place.county + place.town:
            return division_speech(place)
        return super().read_back(value, setting)


_SUFFIX = re.compile(
    r"(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|自治州|地区|省|市|州|盟|县)$"
)
_PEOPLES = re.compile(
    r"(?:布依族|土家族|哈尼族|藏族|彝族|苗族|侗族|壮族|傣族|白族|回族|羌族|黎族|景颇族|傈僳族|朝鲜族|蒙古族?|哈萨克|柯尔克孜).*$"
)


def _short(name: str) -> str:
    plain = _PEOPLES.sub("", _SUFFIX.sub("", name)) if len(name) > 2 else name
    return plain if len(plain) >= 2 else name


_CITIES = tuple(
    (row.cells["name"], row.cells["province"], _short(row.cells["name"]))
    for row in read_tsv(data_root(), "cities.tsv", ("code", "name", "province"))
)
_CITY_SOUNDS = tuple((sound(short), name, province) for name, province, short in _CITIES)


def _city(text: str) -> str:
    """The city named in ``text`` with its province, or the province; "" if none is.

    A city goes before its province; by characters first, then by sound.
    """
    exact = [entry for entry in _CITIES if entry[2] in text]
    cities = [entry for entry in exact if entry[0] != entry[1]] or exact
    if cities:
        name, province, _ = max(cities, key=lambda entry: len(entry[2]))
        return name if name == province else province + name
    heard = sound(_cleaned(text))
    for short, name, province in _CITY_SOUNDS:
        spare = len(heard.syllables) - len(short.syllables)
        if 0 <= spare <= 1 and find_sound(short, heard, 1.0):
            return name if name == province else province + name
    return ""


ADDRESS = Address()
DIVISION = Division()
