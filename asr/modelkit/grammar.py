"""Sentences from choices within choices, as the template files under `data/` describe them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

import yaml

DATA = Path(__file__).parent / "data"
_REFERENCE = re.compile(r"\{(\w+)(\?)?\}")
_DEEPEST = 40


class GrammarError(Exception):
    """A template names a choice that no file defines, or goes round in a circle."""


class Grammar:
    """All rules of some template files: a name and the alternatives it stands for."""

    def __init__(self, rules: dict[str, list[str]]) -> None:
        self._rules = rules
        for name, alternatives in rules.items():
            for alternative in alternatives:
                for reference in _REFERENCE.finditer(alternative):
                    if reference[1] not in rules:
                        raise GrammarError(f"{name} speaks of {reference[1]}, which is not defined")

    @classmethod
    def load(cls, paths: Iterable[Path] | None = None) -> Grammar:
        """The rules of the given files, by default of every file under `data/`."""
        rules: dict[str, list[str]] = {}
        for path in sorted(DATA.glob("*.yaml")) if paths is None else paths:
            for name, text in yaml.safe_load(path.read_text(encoding="utf-8")).items():
                if name in rules:
                    raise GrammarError(f"{name} is defined twice, the second time in {path.name}")
                rules[name] = [part.strip() for part in str(text).split("|")]
        return cls(rules)

    def expand(self, name: str, rng: random.Random, depth: int = 0) -> str:
        """One random sentence of the choice `name`."""
        if depth > _DEEPEST:
            raise GrammarError(f"{name} goes round in a circle")
        template = rng.choice(self._rules[name])

        def replace(reference: re.Match[str]) -> str:
            if reference[2] and rng.random() < 0.5:
                return ""
            return self.expand(reference[1], rng, depth + 1)

        return _REFERENCE.sub(replace, template)

    def alternatives(self, name: str) -> list[str]:
        """What a choice is between, as written."""
        return list(self._rules[name])

    def names(self) -> list[str]:
        """All choices."""
        return sorted(self._rules)

    def leaves(self) -> list[str]:
        """Every alternative that refers to nothing else: the phrases themselves."""
        return sorted(
            {
                alternative
                for alternatives in self._rules.values()
                for alternative in alternatives
                if alternative and not _REFERENCE.search(alternative)
            }
        )
