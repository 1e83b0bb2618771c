"""Collecting keys into one input, by the rule of the dialogue's last ``Listen``."""

from __future__ import annotations

from flows.commands import KeyInput


class Keypad:
    """Gathers single presses until the input is complete.

    Time stays outside: :meth:`press` says whether the input is complete, and the caller of
    :meth:`flush` is the inter-digit timer.
    """

    def __init__(self) -> None:
        self._rule = KeyInput()
        self._digits = ""
        self.since_ms: int | None = None

    @property
    def pending(self) -> bool:
        """Whether keys have been pressed that are not yet an input.

        ``since_ms`` then is when the first was pressed, on the recording.
        """
        return bool(self._digits)

    @property
    def complete(self) -> bool:
        """Whether what was pressed ahead fills the rule now in force."""
        return len(self._digits) >= self._rule.max_digits

    @property
    def rule(self) -> KeyInput:
        """The rule in force."""
        return self._rule

    def expect(self, rule: KeyInput) -> None:
        """Collect by ``rule`` from now on. Keys pressed ahead are kept."""
        self._rule = rule

    def press(self, key: str, at_ms: int = 0) -> str | None:
        """Take one key; the complete input if this key ends it, else None."""
        if key == "#":
            return self.flush()
        if not self._digits:
            self.since_ms = at_ms
        self._digits += key
        return self.flush() if self.complete else None

    def flush(self) -> str:
        """The input as far as it goes; the inter-digit time-out has passed."""
        digits, self._digits = self._digits, ""
        self.since_ms = None
        return digits
