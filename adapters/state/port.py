"""The port to the state that nodes share.

Whatever a node puts here it must put again within its ``ttl_s``: what nobody keeps alive is
gone, so a node that died leaves nothing behind, and a Redis that lost its memory is filled
again by the nodes. No caller, ticket or recording depends on what is kept here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from adapters.ports import AdapterError
from adapters.state.model import Entry, LiveCall, Seat, Waiting


class StateUnavailable(AdapterError):
    """The shared state cannot be reached now."""


class SharedState(Protocol):
    """Queue, seats, live calls, topics, leases and counters. May raise StateUnavailable."""

    async def start(self) -> None:
        """Connect."""

    async def close(self) -> None:
        """Release connections."""

    # --- the queue, the seats, the calls ---------------------------------------------------

    async def put_waiting(self, entry: Waiting, ttl_s: float) -> None:
        """Add or renew a caller in the queue."""

    async def drop_waiting(self, call_id: str) -> None:
        """Take a caller out of the queue; a claim stays until it is given up."""

    async def waiting(self) -> Sequence[Waiting]:
        """Everybody in the queue, in no order."""

    async def put_seat(self, seat: Seat, ttl_s: float) -> None:
        """Add or renew a seat."""

    async def drop_seat(self, seat: str) -> None:
        """Forget a seat."""

    async def seats(self) -> Sequence[Seat]:
        """All seats, in no order."""

    async def put_call(self, call: LiveCall, ttl_s: float) -> None:
        """Add or renew a call."""

    async def drop_call(self, call_id: str) -> None:
        """The call is over."""

    async def calls(self) -> Sequence[LiveCall]:
        """All calls of all nodes, in no order."""

    async def claim(self, call_id: str, seat: str, ttl_s: float) -> bool:
        """Reserve ``seat`` for ``call_id``, or renew that; false if either is taken otherwise.

        Of any number of nodes that try at the same time, one succeeds. A claim lasts from before
        the seat rings until the operator is done with the work after the call.
        """

    async def unclaim(self, call_id: str, freed: float = 0.0) -> None:
        """Give up the claim of ``call_id``, if there is one.

        ``freed`` is when the seat became idle (0: it has not been busy).
        """

    async def claims(self) -> dict[str, str]:
        """The claimed seats, each with its call."""

    async def freed(self) -> dict[str, float]:
        """When each seat that has been busy became idle."""

    # --- topics ------------------------------------------------------------------------------

    async def append(self, topic: str, payload: bytes, ttl_s: float) -> None:
        """Add to a topic, which is kept for ``ttl_s`` after its last entry."""

    async def history(self, topic: str) -> Sequence[Entry]:
        """What the topic holds."""

    def follow(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[Entry]]:
        """What is appended from now on. Entries may be lost while the state is unavailable:
        their numbers show it."""

    # --- leases and counters -----------------------------------------------------------------

    async def lease(self, name: str, owner: str, ttl_s: float) -> bool:
        """Take or renew the lease ``name``; false if another owner holds it."""

    async def end_lease(self, name: str, owner: str) -> None:
        """Give the lease back, if ``owner`` holds it."""

    async def count(self, name: str, window_s: float) -> int:
        """Count one more; how many there were since the first within ``window_s``."""

    async def once(self, name: str, ttl_s: float) -> bool:
        """Whether ``name`` is new; it is known from now on for ``ttl_s``."""
