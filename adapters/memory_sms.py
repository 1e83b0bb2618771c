"""The SMS gateway without a network: for tests, and inside the simulator."""

from __future__ import annotations

from collections import deque

from adapters.model import SmsMessage
from adapters.ports import AdapterError

# More than any demonstration looks at; codes are not for keeping.
MOST_KEPT = 200


class MemorySms:
    """An :class:`adapters.ports.Sms` that keeps the latest messages, in memory alone.

    ``fail_with`` are the errors that the next messages meet, first to last.
    """

    def __init__(self) -> None:
        self._messages: deque[SmsMessage] = deque(maxlen=MOST_KEPT)
        self.fail_with: list[AdapterError] = []

    @property
    def messages(self) -> tuple[SmsMessage, ...]:
        """What was sent, oldest first."""
        return tuple(self._messages)

    def of(self, mobile: str) -> tuple[SmsMessage, ...]:
        """What was sent to one number, oldest first."""
        return tuple(message for message in self._messages if message.mobile == mobile)

    async def send(self, message: SmsMessage) -> None:
        """Keep a message, unless it is here already."""
        if self.fail_with:
            raise self.fail_with.pop(0)
        if all(message.key != known.key for known in self._messages):
            self._messages.append(message)

    def clear(self) -> None:
        """Forget everything."""
        self._messages.clear()

    async def close(self) -> None:
        """Nothing to release."""
