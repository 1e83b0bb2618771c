"""docker-compose.yml as Compose would see it, without a container engine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*)|:\?([^}]*))?\}")


class Service(msgspec.Struct, frozen=True):
    """What of a service matters for running it as processes."""

    name: str
    command: list[str]
    environment: dict[str, str]
    healthcheck: list[str]
    address: str
    """Its fixed address in the telephone network, "" if it has none."""


def variables() -> dict[str, bool]:
    """Every variable of the file, and whether it has a default."""
    found: dict[str, bool] = {}
    for name, default, _ in _VARIABLE.findall(FILE.read_text("utf-8")):
        found[name] = found.get(name, False) or bool(default)
    return found


def example() -> dict[str, str]:
    """The variables of .env.example."""
    lines = EXAMPLE.read_text("utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def load(env: Mapping[str, str]) -> dict[str, Any]:
    """The file with ``env`` put in. Raises KeyError for a variable that must be set."""

    def value(match: re.Match[str]) -> str:
        given = env.get(match[1], "")
        if not given and match[2] is None:
            raise KeyError(match[1])
        return given or match[2]

    def filled(node: Any) -> Any:
        if isinstance(node, str):
            return _VARIABLE.sub(value, node)
        if isinstance(node, dict):
            return {key: filled(one) for key, one in node.items()}
        if isinstance(node, list):
            return [filled(one) for one in node]
        return node

    document = filled(yaml.safe_load(FILE.read_text("utf-8")))
    assert isinstance(document, dict)
    return document


def services(document: Mapping[str, Any]) -> dict[str, Service]:
    """The services by name."""
    found = {}
    for name, service in document["services"].items():
        networks = service["networks"]
        telephone = networks.get("telephone", {}) if isinstance(networks, dict) else {}
        form, *check = service["healthcheck"]["test"]
        assert form == "CMD"
        found[name] = Service(
            name,
            service.get("command", []),
            {key: str(value) for key, value in service.get("environment", {}).items()},
            check,
            telephone.get("ipv4_address", ""),
        )
    return found
