"""The documented example is the whole truth about the configuration."""

import re
from pathlib import Path

from ivr import configfile
from ivr.config import Config

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def documented() -> set[str]:
    """Every key in the example, commented out or not, as a dotted path."""
    found, table = set(), ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if header := re.match(r"\[([a-z_.]+)\]", line):
            table = header[1] + "."
        elif key := re.match(r"(?:# )?([a-z_]+) = ", line):
            found.add(table + key[1])
    return found


def test_every_key_is_documented_and_nothing_else() -> None:
    # Tables of free keys have no keys of their own.
    assert documented() == set(configfile.keys(Config)) - {"call.targets", "queue.skills"}


def test_the_example_holds_the_defaults() -> None:
    assert configfile.load(Config, EXAMPLE, {}) == Config()
