"""The city's answers to waiting callers without a network: for tests and the simulator."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from adapters.model import LinkMade
from adapters.ports import AdapterError, PlatformRejected
from flows.requests import (
    Appointment,
    AskProgress,
    BookSlot,
    CheckIdentity,
    IdentityChecked,
    Matter,
    OfferSlots,
    ProgressTold,
    QueryAnswered,
    QueryService,
    SendLink,
    SlotBooked,
    SlotGone,
    SlotsOffered,
)

DATA = Path(__file__).parent / "services.yaml"

Half = Literal["上午", "下午"]
FindMatters = Callable[[AskProgress], Awaitable[Sequence[Matter]]]

_SATURDAY = 5
_TAIL = re.compile(r"[0-9A-Z]{6}")
_DATE = re.compile(r"〔(\d+)天([前后])〕")
# GB 11643-1999, annex: the weight of each place and the check digit for each remainder.
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


class Refused(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is nobody: what an identity check says no to."""

    names: tuple[str, ...] = ()
    id_nos: tuple[str, ...] = ()
    uscc_tails: tuple[str, ...] = ()
    mobiles: tuple[str, ...] = ()


class QueryData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a query service answers, and to whom it answers nothing."""

    answers: tuple[tuple[str, ...], ...]
    nothing_for: tuple[str, ...] = ()


class Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When and where appointments are given; one in ``free_of`` is free to begin with."""

    days: int
    minutes: int
    hours: dict[Half, tuple[str, str]]
    free_of: int
    places: dict[str, str]
    elsewhere: str


class ServiceData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``services.yaml``."""

    refused: Refused
    queries: dict[str, QueryData]
    appointments: Calendar


def load_data(path: Path = DATA) -> ServiceData:
    """Read the data. Raises :class:`msgspec.ValidationError` naming the key at fault."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), ServiceData)


async def no_matters(_: AskProgress) -> Sequence[Matter]:
    """A platform that has no tickets."""
    return ()


class MemoryServices:
    """A :class:`adapters.ports.CityServices` by rule and data file.

    ``matters`` finds the tickets for a progress enquiry, ``base_url`` is what links begin with,
    ``now`` gives local time. ``fail_with`` are the errors that the next requests meet.
    """

    def __init__(
        self,
        matters: FindMatters = no_matters,
        *,
        base_url: str = "https://platform.invalid",
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self.base_url = base_url
        self.fail_with: list[AdapterError] = []
        self.booked: dict[str, BookSlot] = {}
        self.links: dict[str, SendLink] = {}
        self._matters = matters
        self._now = now
        self._data = load_data()
        self._orders: dict[str, SlotBooked | SlotGone | LinkMade] = {}

    async def check_identity(self, request: CheckIdentity) -> IdentityChecked:
        """Yes to whoever could exist and is not on the list of refusals."""
        self._fail()
        refused = self._data.refused
        listed = (
            request.name in refused.names
            or request.id_no in refused.id_nos
            or request.uscc_tail in refused.uscc_tails
            or request.mobile in refused.mobiles
        )
        possible = bool(request.name) and (
            (not request.id_no or is_id_no(request.id_no))
            and (not request.uscc_tail or _TAIL.fullmatch(request.uscc_tail) is not None)
            and bool(request.id_no or request.uscc_tail)
        )
        if listed or not possible:
            return IdentityChecked(False)
        return IdentityChecked(True, f"IDC{_number(request.name, request.id_no, request.mobile)}")

    async def query(self, request: QueryService) -> QueryAnswered:
        """One of the answers, the same for the same values; nothing for those listed."""
        self._fail()
        data = self._data.queries.get(request.service)
        if data is None:
            raise PlatformRejected(f"{request.service} is not a query service")
        values = sorted(value for value in request.fields.values() if value)
        if not values or set(values) & set(data.nothing_for):
            return QueryAnswered()
        answer = data.answers[_number(*values) % len(data.answers)]
        return QueryAnswered(tuple(self._dated(sentence) for sentence in answer))

    async def progress(self, request: AskProgress) -> ProgressTold:
        """What the platform's tickets say."""
        self._fail()
        return ProgressTold(tuple(await self._matters(request)))

    async def offer_slots(self, request: OfferSlots) -> SlotsOffered:
        """The first free appointment of each half-day, from the time wished for on."""
        self._fail()
        since = max(_local(request.since), self._now().replace(tzinfo=None) + timedelta(hours=1))
        found: list[Appointment] = []
        taken: set[tuple[date, Half]] = set()
        for half, appointment in self._appointments(request.service):
            if len(found) >= request.most:
                break
            fits = appointment.starts >= since and request.half in ("", half)
            if fits and (appointment.starts.date(), half) not in taken:
                taken.add((appointment.starts.date(), half))
                found.append(appointment)
        return SlotsOffered(tuple(_zoned(one) for one in found))

    async def book_slot(self, request: BookSlot, *, key: str) -> SlotBooked | SlotGone:
        """Take an appointment that is free."""
        self._fail()
        known = self._orders.get(key)
        if isinstance(known, SlotBooked | SlotGone):
            return known
        free = {one.slot: one for _, one in self._appointments(request.service)}
        answer: SlotBooked | SlotGone = SlotGone()
        if request.slot in free:
            self.booked[request.slot] = request
            reference = f"YY{_number(request.slot, request.mobile) % 1_000_000:06d}"
            answer = SlotBooked(_zoned(free[request.slot]), reference)
        self._orders[key] = answer
        return answer

    async def make_link(self, request: SendLink, *, key: str) -> LinkMade:
        """Make a page."""
        self._fail()
        known = self._orders.get(key)
        if isinstance(known, LinkMade):
            return known
        reference = f"LK{secrets.token_hex(8)}"
        self.links[reference] = request
        link = self._orders[key] = LinkMade(reference, f"{self.base_url}/link/{reference}")
        return link

    def clear(self) -> None:
        """Forget all that was booked and made."""
        self.booked.clear()
        self.links.clear()
        self._orders.clear()

    async def close(self) -> None:
        """Nothing to release."""

    def _fail(self) -> None:
        if self.fail_with:
            raise self.fail_with.pop(0)

    def _dated(self, sentence: str) -> str:
        today = self._now().date()

        def spell(match: re.Match[str]) -> str:
            days = int(match[1]) * (-1 if match[2] == "前" else 1)
            day = today + timedelta(days=days)
            return f"{day.month}月{day.day}日"

        return _DATE.sub(spell, sentence).replace("〔本月〕", f"{today.month}月")

    def _appointments(self, service: str) -> list[tuple[Half, Appointment]]:
        """What is free, in order of time."""
        calendar = self._data.appointments
        place = calendar.places.get(service, calendar.elsewhere)
        length = timedelta(minutes=calendar.minutes)
        today = self._now().date()
        found: list[tuple[Half, Appointment]] = []
        for ahead in range(calendar.days + 1):
            day = today + timedelta(days=ahead)
            if day.weekday() >= _SATURDAY:
                continue
            for half, starts in _half_hours(calendar.hours, day, length):
                slot = f"{service}-{starts:%Y%m%d%H%M}"
                if slot not in self.booked and _number(slot) % calendar.free_of == 0:
                    found.append((half, Appointment(slot, starts, starts + length, place)))
        return found


def _half_hours(
    hours: Mapping[Half, tuple[str, str]], day: date, length: timedelta
) -> list[tuple[Half, datetime]]:
    found: list[tuple[Half, datetime]] = []
    for half, (first, last) in hours.items():
        starts = datetime.combine(day, time.fromisoformat(first))
        while starts + length <= datetime.combine(day, time.fromisoformat(last)):
            found.append((half, starts))
            starts += length
    return found


def is_id_no(text: str) -> bool:
    """Whether ``text`` is an identity number with a right check digit (GB 11643-1999)."""
    if not re.fullmatch(r"\d{17}[\dX]", text):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11] == text[17]


def _number(*parts: str) -> int:
    """A number that follows from ``parts`` and looks like chance."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:4], "big")


def _local(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment


def _zoned(one: Appointment) -> Appointment:
    return msgspec.structs.replace(one, starts=one.starts.astimezone(), ends=one.ends.astimezone())
