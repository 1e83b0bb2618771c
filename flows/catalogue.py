"""The catalogue of services: categories, items, and the words people use for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml

Code = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}$")]
CategoryCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2}$")]
NameSource = Literal["article", "national", "proposed"]
Mode = Literal["query", "done", "assist", "book"]
Verify = Literal["L0", "L1", "L2", "L3"]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing to choose: its name, as it is filed and read out, and what people also say."""

    name: str
    say: tuple[str, ...] = ()


IdentityPart = Literal["name", "id_no", "uscc_tail"]


class FieldUse(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A slot as one service uses it, where that differs from ``slots.yaml``.

    ``when`` asks it only if every named slot has one of the values given ("only if renting").
    ``ask`` replaces the question, ``choices`` the choices, ``optional`` whether it may stay empty.
    """

    slot: str
    when: dict[str, tuple[str, ...]] = {}
    ask: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool | None = None


class Service(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One service. Times are working days: 0 at once, None not settled.

    ``mode``: answered by query, done by telephone, assisted with an SMS link, or booked.
    ``verify``: how sure of the caller one must be (``catalogue.yaml`` explains L0-L3).
    ``phrases`` are further ways of asking for it, in the grammar of :mod:`flows.phrases`.
    ``slots`` are asked in this order; ``warnings`` are said before anything is taken down and
    ``closing`` when it is filed, besides what every service of its mode says. ``proof`` (written
    ``identity``) names the slots that identity is checked by, where they are not the usual ones.
    """

    code: Code
    name: str
    name_source: NameSource
    audience: Literal["个人", "企业", "个人/企业"]
    units: tuple[str, ...]
    mode: Mode
    verify: Verify
    sms_link: bool
    legal_workdays: int | None
    promise_workdays: int | None
    slots: tuple[str | FieldUse, ...]
    materials: tuple[str, ...]
    aliases: tuple[str, ...]
    phrases: tuple[str, ...] = ()
    note: str = ""
    warnings: tuple[str, ...] = ()
    closing: str = ""
    proof: dict[IdentityPart, str] = msgspec.field(default_factory=dict, name="identity")

    @property
    def identity(self) -> Mapping[IdentityPart, str]:
        """Which slot gives each part of :class:`flows.requests.CheckIdentity`.

        As the data say, else ``name`` and ``id_no`` where the form asks both, else ``org`` and
        ``uscc``; empty where nobody can be identified by the form alone.
        """
        if self.proof:
            return self.proof
        asked = {field.slot for field in self.fields}
        for usual in _USUAL_PROOF:
            if asked.issuperset(usual.values()):
                return usual
        return {}

    @property
    def intent(self) -> str:
        """The intent that asks for this service."""
        return f"svc.{self.code}"

    @property
    def fields(self) -> tuple[FieldUse, ...]:
        """The form's fields in the order in which they are asked."""
        return tuple(FieldUse(slot) if isinstance(slot, str) else slot for slot in self.slots)


_USUAL_PROOF: tuple[Mapping[IdentityPart, str], ...] = (
    {"name": "name", "id_no": "id_no"},
    {"name": "org", "uscc_tail": "uscc"},
)


class Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the catalogue's categories; ``name`` is short enough for a menu."""

    code: CategoryCode
    name: str
    name_source: NameSource
    full_name: str
    audience: str
    basis: str
    items: tuple[Service, ...]


class SlotSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form field: its label, value type, whether keys can fill it, and its question.

    ``help`` says more to who asks for help. ``choices`` are numbered in this order for keys.
    ``optional``: "不清楚" and "没有" are answers. ``link``: it is never taken by telephone but left
    to the SMS link. ``least``/``most`` bound a number (in ``unit``) or a count of digits.
    """

    label: str
    type: str
    dtmf: bool
    prompt: str
    help: str = ""
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    link: bool = False
    least: int | None = None
    most: int | None = None
    unit: str = ""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the catalogue is, and the warnings that travel with it."""

    title: str
    categories: int
    items: int
    name_source_legend: dict[str, str]
    warning: str
    time_note: str
    modes: dict[str, str]
    verify_levels: dict[str, str]


class Units(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The units (departments, companies) that tickets may go to."""

    units: tuple[str, ...]


class Catalogue:
    """The loaded catalogue. Immutable; nothing is read after loading."""

    def __init__(
        self,
        about: About,
        categories: tuple[Category, ...],
        slots: Mapping[str, SlotSpec],
        units: tuple[str, ...],
        documents: tuple[Document[Category], ...] = (),
        slots_document: Document[dict[str, SlotSpec]] | None = None,
    ) -> None:
        self.about = about
        self.categories = categories
        self.slots = slots
        self.units = units
        self.documents = documents
        self.slots_document = slots_document
        self._services = {item.code: item for entry in categories for item in entry.items}
        self._categories = {entry.code: entry for entry in categories}

    @property
    def services(self) -> Iterator[Service]:
        """All services in the order of their codes' files."""
        return iter(self._services.values())

    def service(self, code: str) -> Service | None:
        """The service with this four-digit number (``"0602"``), or None."""
        return self._services.get(code)

    def category(self, code: str) -> Category | None:
        """The category with this two-digit number, or None."""
        return self._categories.get(code)

    def category_of(self, service: Service) -> Category:
        """The category that ``service`` is filed under."""
        return next(entry for entry in self.categories if service in entry.items)


def load_catalogue(root: Entry) -> Catalogue:
    """Read ``catalogue.yaml``, ``slots.yaml``, ``units.yaml`` and ``services/*.yaml``.

    Raises :class:`DataError` with the problems of all these files together.
    """
    problems: list[Problem] = []
    documents: list[Document[Category]] = []
    for name in service_files(root):
        try:
            documents.append(read_yaml(root, name, Category))
        except DataError as error:
            problems += error.problems
    problems += _duplicates(documents)
    if problems:
        raise DataError(problems)
    about = read_yaml(root, "catalogue.yaml", About).value
    slots = read_yaml(root, "slots.yaml", dict[str, SlotSpec])
    units = read_yaml(root, "units.yaml", Units).value.units
    categories = tuple(document.value for document in documents)
    return Catalogue(about, categories, slots.value, units, tuple(documents), slots)


def service_files(root: Entry) -> list[str]:
    """The names of the category files below ``root``, in order."""
    folder = root.joinpath("services")
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError([Problem("services", 0, "", "the folder is missing")]) from error
    if not names:
        raise DataError([Problem("services", 0, "", "has no .yaml file")])
    return [f"services/{name}" for name in names]


def _duplicates(documents: list[Document[Category]]) -> Iterator[Problem]:
    """Codes that occur twice or do not begin with their category's code."""
    seen: dict[str, str] = {}
    for document in documents:
        category = document.value
        if category.code in seen:
            message = f"category {category.code} is already in {seen[category.code]}"
            yield document.problem(message, "code")
        seen[category.code] = document.name
        for index, item in enumerate(category.items):
            if item.code in seen:
                message = f"service {item.code} is already in {seen[item.code]}"
                yield document.problem(message, "items", index, "code")
            elif not item.code.startswith(category.code):
                message = f"a service of category {category.code} must begin with {category.code}"
                yield document.problem(message, "items", index, "code")
            seen[item.code] = document.name
