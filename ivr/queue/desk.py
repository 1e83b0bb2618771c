"""What a seat's screen is told of the call that is coming to it: the card before the phone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import msgspec

from adapters.state.model import Entry
from adapters.state.port import SharedState, StateUnavailable
from ivr import control

log = logging.getLogger(__name__)

# A page that is opened while the phone rings still finds the card; then it is forgotten.
KEEP_S = 600.0
# How often it is looked whether the answer was missed.
_LOOK_S = 0.1


class Desk:
    """One seat's screen, for one call. What goes wrong here keeps no phone from ringing."""

    def __init__(self, state: SharedState, seat: str, call_id: str) -> None:
        self._state = state
        self._topic = control.desk(seat)
        self._call_id = call_id

    async def coming(self, card: bytes, wait_s: float) -> bool:
        """Show ``card``; whether the screen has said within ``wait_s`` that it is there."""
        try:
            async with asyncio.timeout(wait_s):
                async with self._state.follow(self._topic) as entries:
                    await self._tell(control.Coming(self._call_id, card))
                    return await self._shown(entries)
        except TimeoutError:
            log.warning("no screen has shown the card", extra=self._extra())
        except StateUnavailable as error:
            log.error("card not shown: %s", error, extra=self._extra())
        return False

    async def show(self, card: bytes) -> None:
        """Show ``card`` to a seat whose phone rings already."""
        await self._say(control.Coming(self._call_id, card))

    async def taken(self) -> None:
        """Seat and caller hear each other."""
        await self._say(control.Taken(self._call_id))

    async def gone(self, why: str) -> None:
        """The call has left the seat (:class:`ivr.control.Gone`)."""
        await self._say(control.Gone(self._call_id, why))

    async def _shown(self, entries: AsyncIterator[Entry]) -> bool:
        following = asyncio.ensure_future(self._answer(entries))
        try:
            while not following.done():
                await asyncio.wait({following}, timeout=_LOOK_S)
                if any(self._is_answer(one) for one in await self._state.history(self._topic)):
                    return True
            return following.result()
        finally:
            following.cancel()

    async def _answer(self, entries: AsyncIterator[Entry]) -> bool:
        async for entry in entries:
            if self._is_answer(entry):
                return True
        return False

    def _is_answer(self, entry: Entry) -> bool:
        try:
            told = msgspec.json.decode(entry.payload, type=control.AnyAtDesk)
        except msgspec.DecodeError:
            return False
        return isinstance(told, control.Shown) and told.call_id == self._call_id

    async def _say(self, told: control.AtDesk) -> None:
        try:
            await self._tell(told)
        except StateUnavailable as error:
            log.error("seat not told: %s", error, extra=self._extra())

    async def _tell(self, told: control.AtDesk) -> None:
        await self._state.append(self._topic, msgspec.json.encode(told), KEEP_S)

    def _extra(self) -> dict[str, str]:
        return {"action": "desk", "call": self._call_id}
