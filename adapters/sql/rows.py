"""Values to rows and back: a field of a struct is the column of its name.

Fields that are structs, tuples or mappings are JSON text in their column.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_origin, get_type_hints

import msgspec
from sqlalchemy import Row

S = TypeVar("S", bound=msgspec.Struct)


def to_row(value: msgspec.Struct, **more: Any) -> dict[str, Any]:
    """The columns of ``value``, and ``more`` of them."""
    columns = msgspec.structs.asdict(value)
    for name in _nested(type(value)):
        columns[name] = to_json(columns[name])
    return columns | more


def from_row(kind: type[S], row: Row[Any]) -> S:
    """A ``kind`` from a row that has at least its columns."""
    values = {name: row._mapping[name] for name in kind.__struct_fields__}
    for name, type_ in _nested(kind).items():
        values[name] = msgspec.json.decode(values[name], type=type_)
    return kind(**values)


def to_json(value: object) -> str:
    """As JSON text."""
    return msgspec.json.encode(value).decode()


@cache
def _nested(kind: type[msgspec.Struct]) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {
        name: hints[name]
        for name in kind.__struct_fields__
        if get_origin(hints[name]) in (tuple, dict) or _is_struct(hints[name])
    }


def _is_struct(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
