"""What is still to be said to the caller, one item after the other.

The worker plays one thing at a time; this queue feeds it and knows what may be interrupted.
Actions (start the recording, bridge, hang up) wait in the same queue, so that they happen
once everything before them has been heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from ivr.sip.messages import Play, Played, StopPlay


class Item(msgspec.Struct, frozen=True):
    """Audio to play: its file, what it says ("" for tones), and how it may end."""

    path: Path
    text: str = ""
    barge_in: bool = True
    loop: bool = False


Action = Callable[[], None]


class PlayQueue:
    """Plays items in order on leg 0. Not thread-safe: lives in the call's own task.

    ``send`` reaches the worker; ``on_start(item)`` and ``on_end(item, ms, completed)`` tell
    when an item is heard; ``on_idle()`` when nothing is left to play.
    """

    def __init__(
        self,
        send: Callable[[Play | StopPlay], None],
        on_start: Callable[[Item], None],
        on_end: Callable[[Item, int, bool], None],
        on_idle: Callable[[], None],
    ) -> None:
        self._send = send
        self._on_start = on_start
        self._on_end = on_end
        self._on_idle = on_idle
        self._waiting: deque[Item | Action] = deque()
        self._current: Item | None = None
        self._id = 0

    @property
    def idle(self) -> bool:
        """Nothing is being played but perhaps a loop, and nothing waits."""
        return not self._waiting and (self._current is None or self._current.loop)

    @property
    def silent(self) -> bool:
        """Nothing at all is being played, and nothing waits."""
        return self._current is None and not self._waiting

    @property
    def must_finish(self) -> bool:
        """Something that may not be interrupted is playing or waiting."""
        return any(
            isinstance(item, Item) and not item.barge_in for item in (self._current, *self._waiting)
        )

    def add(self, item: Item) -> None:
        """Play ``item`` after all that waits."""
        self._waiting.append(item)
        self._advance()

    def then(self, action: Action) -> None:
        """Do ``action`` once everything before it has been heard (at once if nothing is)."""
        self._waiting.append(action)
        self._advance()

    def interrupt(self) -> bool:
        """Stop what may be interrupted; waiting actions are kept. True if sound was stopped."""
        self._waiting = deque(
            item for item in self._waiting if not (isinstance(item, Item) and item.barge_in)
        )
        stopping = self._current is not None and self._current.barge_in
        if stopping:
            self._stop_current()
        return stopping

    def played(self, message: Played) -> None:
        """The worker has finished or stopped an item."""
        if self._current is None or message.id != self._id:
            return
        item, self._current = self._current, None
        self._on_end(item, message.ms, message.completed)
        self._advance()

    def _stop_current(self) -> None:
        self._send(StopPlay())

    def _advance(self) -> None:
        # A loop only fills the time until there is something else to hear or do.
        if self._current is not None and self._current.loop and self._waiting:
            self._stop_current()
            return
        while self._current is None and self._waiting:
            item = self._waiting.popleft()
            if isinstance(item, Item) and item.loop and self._waiting:
                continue
            if isinstance(item, Item):
                self._id += 1
                self._current = item
                self._send(Play(id=self._id, files=(str(item.path),), loop=item.loop))
                self._on_start(item)
            else:
                item()
        if self.idle:
            self._on_idle()
