"""After a crash: what a dead node left behind is filed, mended and closed."""

from __future__ import annotations

import logging

import msgspec

from adapters.model import CallRecord, Line
from adapters.ports import Store, StoreError
from flows.ticket import TicketDraft
from ivr.call.files import RECORDINGS, call_manifest
from ivr.call.services import local_now
from ivr.config import Config
from ivr.recording.manifest import write_manifest
from ivr.recording.paths import RecordingPaths, manifest_of
from ivr.recording.recover import Recovered
from ivr.recording.recover import recover as recover_recordings
from ivr.sip.messages import Incoming

log = logging.getLogger(__name__)


async def recover(store: Store, config: Config) -> int:
    """Finish every call of this node that was going on when it died; how many there were.

    What such a call had taken down becomes a ticket marked unfinished. A call whose worker
    is still talking to its caller is left for the next start.
    """
    root = config.data_dir.absolute()
    found = {item.call_id: item for item in recover_recordings(RecordingPaths(root / RECORDINGS))}
    calls = await store.unfinished_calls(config.node_name)
    for call, draft in calls:
        try:
            await _finish(store, config, call, draft, found.get(call.call_id))
        except (StoreError, OSError):
            log.exception("not recovered", extra={"action": "recover", "call": call.call_id})
    return len(calls)


async def _finish(
    store: Store,
    config: Config,
    call: CallRecord,
    draft: TicketDraft | None,
    recording: Recovered | None,
) -> None:
    now = local_now()
    stored = await store.call(call.call_id)
    lines: tuple[Line, ...] = tuple(stored[1]) if stored else ()
    tickets = []
    if draft is not None:
        unfinished = msgspec.structs.replace(draft, complete=False)
        ticket = await store.file_ticket(call.call_id, unfinished, lines, at=now)
        tickets.append(ticket.ticket_no)
    path = ""
    if recording is not None and not recording.error:
        path = str(recording.audio.relative_to(config.data_dir.absolute()))
        incoming = Incoming(call.call_id, call.caller, call.called, "")
        write_manifest(
            manifest_of(recording.audio),
            call_manifest(
                recording.audio,
                recording.ms,
                incoming,
                (call.started.astimezone(), now),
                config.node_name,
                lines,
                tickets,
                "interrupted",
            ),
        )
    await store.close_call(
        call.call_id, ended=now, outcome="interrupted", recording=path, lines=lines
    )
    log.warning(
        "call recovered, %d ticket(s)",
        len(tickets),
        extra={"action": "recover", "call": call.call_id},
    )
