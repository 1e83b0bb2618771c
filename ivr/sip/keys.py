"""One press of a key counted once, however it is signalled."""

from __future__ import annotations

from typing import Literal

Method = Literal["rfc4733", "info"]

# Some phones send a press both as RFC 4733 event and as SIP INFO; the two arrive this close.
TWIN_S = 0.3


class _Press:
    __slots__ = ("at", "key", "method")

    def __init__(self, key: str, method: Method, at: float) -> None:
        self.key = key
        self.method = method
        self.at = at


class KeyFilter:
    """Decides which signals are presses. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._alone: list[_Press] = []

    def pressed(self, key: str, method: Method, at: float) -> bool:
        """A new signal of ``key``: true if it is a press of its own."""
        self._alone = [press for press in self._alone if at - press.at <= TWIN_S]
        for press in self._alone:
            if press.key == key and press.method != method:
                self._alone.remove(press)
                return False
        self._alone.append(_Press(key, method, at))
        return True

    def still_down(self, key: str, at: float) -> None:
        """An RFC 4733 event of ``key`` goes on: its INFO twin may come when it is let go."""
        for press in reversed(self._alone):
            if press.key == key and press.method == "rfc4733":
                press.at = at
                return
