"""The states of a ticket at the platform, from ``states.yaml``."""

from __future__ import annotations

from pathlib import Path

import msgspec
import yaml


class StateMachine(msgspec.Struct, frozen=True):
    """Where each state may lead; ``usual`` is the way of an ordinary ticket."""

    transitions: dict[str, tuple[str, ...]]
    usual: tuple[str, ...]

    def __post_init__(self) -> None:
        named = {state for after in self.transitions.values() for state in after}
        unknown = (named | set(self.usual)) - set(self.transitions)
        if unknown:
            raise ValueError(f"states without an entry: {'、'.join(sorted(unknown))}")
        for before, after in zip(self.usual, self.usual[1:], strict=False):
            if not self.allows(before, after):
                raise ValueError(f"the usual way goes from {before} to {after}, which is barred")

    @property
    def first(self) -> str:
        """Where a ticket begins."""
        return self.usual[0]

    def allows(self, before: str, after: str) -> bool:
        """Whether a ticket may go from ``before`` to ``after``."""
        return after in self.transitions.get(before, ())

    def after(self, state: str) -> str | None:
        """The usual next state; off the usual way the first that is allowed. None at an end."""
        if state in self.usual:
            return dict(zip(self.usual, self.usual[1:], strict=False)).get(state)
        return next(iter(self.transitions.get(state, ())), None)


def load() -> StateMachine:
    """The state machine that ships with the simulator."""
    text = (Path(__file__).parent / "states.yaml").read_text(encoding="utf-8")
    return msgspec.convert(yaml.safe_load(text), StateMachine)
