"""After a crash: what a dead node left behind is filed, mended and closed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec

from adapters.model import CallRecord, Line
from adapters.ports import Store, StoreError
from flows.events import Dropped
from flows.ticket import TicketDraft
from ivr.call.files import RECORDINGS, call_manifest, others_heard
from ivr.call.filing import resumable
from ivr.call.services import local_now
from ivr.config import Config
from ivr.recording.manifest import write_manifest
from ivr.recording.paths import RecordingPaths, manifest_of
from ivr.recording.recover import Recovered, being_written
from ivr.recording.recover import recover as recover_recordings
from ivr.sip.messages import Incoming

log = logging.getLogger(__name__)


async def recover(store: Store, config: Config) -> int:
    """Finish the calls of this node that were going on when it died; how many were finished.

    What such a call had taken down becomes a ticket marked unfinished. A call whose worker
    still talks to its caller and records it stays open until the next start; its ticket does
    not wait for that. A recording that was left without its manifest gets it, too.
    """
    paths = RecordingPaths(config.data_dir.absolute() / RECORDINGS)
    # In this order: a recording that is closed in between is only found once more.
    talking = being_written(paths)
    found = {item.call_id: item for item in recover_recordings(paths) if not item.error}
    finished = 0
    for call, draft in await store.unfinished_calls(config.node_name):
        recording = found.pop(call.call_id, None)
        try:
            await _file(store, call, draft)
            if recording is not None or call.call_id not in talking:
                await _call_back(store, call)
                await _close(store, config, call, recording)
                finished += 1
        except (StoreError, OSError):
            log.exception("not recovered", extra=_extra(call.call_id))
    for call_id, recording in found.items():
        if not recording.has_manifest:
            try:
                await _describe_closed(store, config, recording)
            except (StoreError, OSError):
                log.exception("recording without its manifest", extra=_extra(call_id))
    return finished


async def _call_back(store: Store, call: CallRecord) -> None:
    """An emergency whose call this node's death cut off: its caller is to be rung."""
    for ticket_no in await store.tickets_of(call.call_id):
        ticket = await store.ticket(ticket_no)
        if ticket is None or not ticket.draft.emergency_kind or ticket.draft.call_back:
            continue
        wanted = msgspec.structs.replace(ticket.draft, call_back=True)
        await store.update_ticket(ticket_no, wanted, at=local_now())


async def _file(store: Store, call: CallRecord, draft: TicketDraft | None) -> None:
    if draft is None:
        return
    lines = await _lines(store, call.call_id)
    unfinished = msgspec.structs.replace(draft, complete=False)
    ticket = await store.file_ticket(call.call_id, unfinished, lines, at=local_now())
    if resumable(unfinished, call.caller):
        left = Dropped(unfinished, ticket.ticket_no)
        await store.keep_dropped(call.caller, left, at=local_now())
    log.warning("an unfinished ticket filed", extra=_extra(call.call_id))


async def _close(
    store: Store, config: Config, call: CallRecord, recording: Recovered | None
) -> None:
    now = local_now()
    lines = await _lines(store, call.call_id)
    path = ""
    if recording is not None:
        tickets = await store.tickets_of(call.call_id)
        path = _describe(config, call, recording, now, lines, tickets)
    await store.close_call(
        call.call_id, ended=now, outcome="interrupted", recording=path, lines=lines
    )
    log.warning("call recovered", extra=_extra(call.call_id))


async def _describe_closed(store: Store, config: Config, recording: Recovered) -> None:
    """Give the recording of a call that is over, in the database, its manifest."""
    stored = await store.call(recording.call_id)
    if stored is None or stored[0].ended is None:
        log.warning("recording of a call that is not known", extra=_extra(recording.call_id))
        return
    call, lines = stored[0], tuple(stored[1])
    assert call.ended is not None
    tickets = await store.tickets_of(call.call_id)
    path = _describe(config, call, recording, call.ended, lines, tickets)
    if path != call.recording:
        await store.close_call(
            call.call_id, ended=call.ended, outcome=call.outcome, recording=path, lines=lines
        )


def _describe(
    config: Config,
    call: CallRecord,
    recording: Recovered,
    ended: datetime,
    lines: Sequence[Line],
    tickets: Sequence[str],
) -> str:
    """Write the manifest; the recording's path below the data directory."""
    write_manifest(
        manifest_of(recording.audio),
        call_manifest(
            recording.audio,
            recording.ms,
            Incoming(call.call_id, call.caller, call.called, ""),
            (call.started.astimezone(), ended.astimezone()),
            config.node_name,
            lines,
            tickets,
            "interrupted",
            others=others_heard(lines),
        ),
    )
    return str(recording.audio.relative_to(config.data_dir.absolute()))


async def _lines(store: Store, call_id: str) -> tuple[Line, ...]:
    stored = await store.call(call_id)
    return tuple(stored[1]) if stored is not None else ()


def _extra(call_id: str) -> dict[str, str]:
    return {"action": "recover", "call": call_id}
