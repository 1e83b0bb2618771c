"""Reading a TOML configuration into frozen Structs, with errors that name the key.

Environment variables override the file: ``HOTLINE_SIP__PORT=5070`` sets ``port`` in
``[sip]``; two underscores go one table down. A value is read as TOML ("5070", "true",
"[...]"), unless its key wants text, and as plain text where it is no TOML.
"""

from __future__ import annotations

import contextlib
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

ENV_PREFIX = "HOTLINE_"
# Variables of other purposes that share the prefix.
ENV_RESERVED = frozenset({"HOTLINE_CONFIG", "HOTLINE_MODEL"})


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and what is wrong."""


def load(cls: type[S], path: Path | None, env: Mapping[str, str]) -> S:
    """Read ``path`` (nothing if None) and ``env`` into ``cls``.

    Raises :class:`ConfigError` for a file that is not TOML, an unknown key, or a bad value.
    """
    data: dict[str, Any] = {}
    where = "configuration"
    if path is not None:
        where = str(path)
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from error
    _refuse_unknown(cls, data, where, "")
    overlay = _from_environment(env)
    _refuse_unknown(cls, overlay, "environment", "")
    _read_values(cls, overlay)
    _merge(data, overlay)
    try:
        return msgspec.convert(data, cls, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_readable(str(error))}") from error


def keys(cls: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Every key that ``cls`` knows, as dotted paths."""
    for field in msgspec.structs.fields(cls):
        inner = _struct_of(field.type)
        if inner is not None:
            yield from keys(inner, f"{prefix}{field.encode_name}.")
        else:
            yield prefix + field.encode_name


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _decode(kind: type[Any], value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"no setting has the type {kind.__name__}")


def _refuse_unknown(
    cls: type[msgspec.Struct], data: Mapping[str, Any], where: str, prefix: str
) -> None:
    known = {field.encode_name: field for field in msgspec.structs.fields(cls)}
    for key, value in data.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {prefix}{near[0]}?" if near else ""
            raise ConfigError(f"{where}: unknown key {prefix}{key}{hint}")
        inner = _struct_of(known[key].type)
        if inner is not None:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{where}: {prefix}{key} must be a table")
            _refuse_unknown(inner, value, where, f"{prefix}{key}.")


def _from_environment(env: Mapping[str, str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, raw in env.items():
        if not name.startswith(ENV_PREFIX) or name in ENV_RESERVED:
            continue
        path = name.removeprefix(ENV_PREFIX).lower().split("__")
        table = data
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = raw
    return data


def _read_values(cls: type[msgspec.Struct], data: dict[str, Any]) -> None:
    """Turn the environment's strings into values, in place, by what each key wants."""
    for field in msgspec.structs.fields(cls):
        value = data.get(field.encode_name)
        inner = _struct_of(field.type)
        if inner is not None and isinstance(value, dict):
            _read_values(inner, value)
        elif isinstance(value, str) and not _wants_text(field.type):
            with contextlib.suppress(tomllib.TOMLDecodeError):
                data[field.encode_name] = tomllib.loads(f"v = {value}")["v"]


def _wants_text(kind: Any) -> bool:
    return kind in (str, Path) or any(_wants_text(part) for part in get_args(kind) if part is Path)


def _merge(base: dict[str, Any], overlay: Mapping[str, Any]) -> None:
    for key, value in overlay.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = value


def _readable(message: str) -> str:
    """msgspec says "Expected `int`, got `str` - at `$.sip.port`"; put the key first."""
    text, found, path = message.rpartition(" - at `$.")
    return f"{path.rstrip('`')}: {text}" if found else message
