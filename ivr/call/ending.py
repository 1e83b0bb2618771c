"""The end of a call: its last words, and what is filed of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from asr.turns import TurnEnded
from flows import events as ev
from flows.commands import FileTicket, KeepFollowUp, KeepRating
from ivr.call.conversation import Conversation
from ivr.call.filing import Filing
from ivr.call.hearing import CALLER, Heard
from ivr.control import File, Keep
from ivr.talk.following import Ordered

log = logging.getLogger(__name__)


class Ending:
    """Takes a caller's last words and files what is worth it."""

    def __init__(self, conversation: Conversation, filing: Filing) -> None:
        self._conversation = conversation
        self._filing = filing

    async def flush(self) -> None:
        """Let the turn in progress be recognised; its event has been emitted afterwards."""
        try:
            await self._conversation.hearing.flush(CALLER)
        except TimeoutError:
            log.warning("last words not recognised in time", extra={"action": "call"})

    async def file(self, left: Iterable[object], *, broke_off: bool) -> None:
        """Let the dialogue have what it has not heard yet, in order, and file what it says.

        ``left`` are the items of the inbox; ``broke_off`` whether it was not the caller who
        hung up.
        """
        transfers, words = self._conversation.transfers, self._conversation.words
        hears = self._conversation.hears_answers
        events: list[ev.AnyEvent] = []
        for item in left:
            if isinstance(item, Heard) and isinstance(item.event, TurnEnded):
                words.note(item)
                if item.leg == CALLER and not transfers.bridged and not item.event.lost:
                    events.append(words.utterance(item.event, listening=hears))
            elif isinstance(item, Ordered) and isinstance(item.order, Keep | File):
                await self._conversation.order(item)
            elif isinstance(item, ev.Event):
                events.append(item)  # type: ignore[arg-type]
        for event in events:
            await self._file_only(event)
        for command in self._conversation.talk.handle(ev.HungUp(broke_off)):
            if isinstance(command, KeepRating | KeepFollowUp):
                await self._conversation.keep(command)
            elif isinstance(command, FileTicket) and not self._filing.in_hand(command.draft):
                filed = await self._filing.file(command)
                if isinstance(filed, ev.Filed) and not transfers.ever_bridged:
                    await self._filing.keep_dropped(ev.Dropped(command.draft, filed.ticket_no))
                await self._file_only(filed)

    async def _file_only(self, event: ev.AnyEvent) -> None:
        for command in self._conversation.talk.handle(event):
            if isinstance(command, KeepRating | KeepFollowUp):
                await self._conversation.keep(command)
            elif isinstance(command, FileTicket):
                await self._file_only(await self._filing.file(command))


async def let_end(reader: asyncio.Task[None]) -> None:
    """Give the worker a moment to close its recording and say so."""
    done, _ = await asyncio.wait({reader}, timeout=3.0)
    if not done:
        reader.cancel()
