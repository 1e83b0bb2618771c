"""Second transcripts: what every store keeps of them, and what tickets get."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters import wire
from adapters.model import Line, TimedWord
from adapters.ports import NotStored, Store
from adapters.second_pass import MOST_ATTEMPTS
from adapters.sql import SqlStore, schema
from tests.adapters.samples import LINES, NOON, call, draft

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
HEARD = Line(
    "caller",
    4.8,
    7.1,
    "嗯人民路三号的路灯不亮",
    confidence=0.9,
    clean="人民路3号的路灯不亮。",
    words=(TimedWord("嗯", 4.8, 5.0), TimedWord("人民路", 5.0, 5.6)),
    clean_words=(TimedWord("人民路", 5.0, 5.6), TimedWord("3", 5.6, 5.8)),
)
AGAIN = (LINES[0], HEARD)


async def ended(store: Store, call_id: str, minute: int, *, recording: str = "a.wav") -> None:
    await store.open_call(call(call_id))
    at = NOON + minute * MINUTE
    await store.close_call(call_id, ended=at, outcome="ticket", recording=recording, lines=LINES)


async def waiting(store: Store, *, since: int = 0, most: int = 100) -> str:
    found = await store.next_second_pass("node-a", since=NOON + since * MINUTE, most=most)
    return "" if found is None else found.call_id


async def test_words_and_clean_text_come_back_and_go_out(store: Store) -> None:
    await store.open_call(call())
    await store.save_progress("call-1", draft(), [HEARD])
    found = await store.call("call-1")
    assert found is not None and tuple(found[1]) == (HEARD,)
    ticket = await store.file_ticket("call-1", draft(), [HEARD], at=NOON)
    assert ticket.transcript == (HEARD,)
    (sent,) = msgspec.to_builtins(wire.ticket(ticket).transcript_ref.lines)
    assert sent["clean"] == HEARD.clean
    assert list(sent["words"][0]) == ["嗯", 4.8, 5.0]


async def test_calls_wait_oldest_first_until_they_are_done(store: Store) -> None:
    for minute, name in enumerate(("a", "b", "c"), start=1):
        await ended(store, name, minute)
    await ended(store, "unrecorded", 1, recording="")
    await store.open_call(call("going-on"))
    await store.open_call(call("elsewhere", node="node-b"))
    assert await waiting(store) == "a"
    await store.keep_second_pass("a", AGAIN, better=False, reason="", at=NOON)
    assert await waiting(store) == "b"
    await store.fail_second_pass("b", "no file", final=True)
    assert await waiting(store) == "c"
    await store.keep_second_pass("c", AGAIN, better=False, reason="", at=NOON)
    assert await waiting(store) == ""


async def test_only_the_newest_and_not_too_old_wait(store: Store) -> None:
    for minute, name in enumerate(("a", "b", "c"), start=1):
        await ended(store, name, minute)
    assert await waiting(store, most=2) == "b"
    assert await waiting(store, since=3) == "c"
    assert await waiting(store, since=4) == ""


async def test_one_that_never_comes_through_is_given_up(store: Store) -> None:
    await ended(store, "a", 1)
    for _ in range(MOST_ATTEMPTS):
        assert await waiting(store) == "a"
        await store.fail_second_pass("a", "crashed", final=False)
    assert await waiting(store) == ""
    known = await store.second_pass("a")
    assert known is not None and (known.attempts, known.reason) == (MOST_ATTEMPTS, "crashed")


async def test_a_better_one_becomes_the_next_revision_and_both_stay(store: Store) -> None:
    await store.open_call(call())
    ticket = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await ended(store, "call-1", 1)
    (row,) = await store.outbox.due(NOON)
    await store.outbox.delivered(row.id, "P-1", NOON)
    changed = await store.keep_second_pass("call-1", AGAIN, better=True, reason="more", at=NOON)
    assert list(changed) == [ticket.ticket_no]
    now = await store.ticket(ticket.ticket_no)
    assert now is not None
    assert (now.revision, now.key, now.transcript) == (1, ticket.key, AGAIN)
    found = await store.call("call-1")
    assert found is not None and tuple(found[1]) == LINES
    known = await store.second_pass("call-1")
    assert known is not None
    assert (known.state, known.better, known.reason, known.lines) == ("kept", True, "more", AGAIN)
    (row,) = await store.outbox.due(NOON)
    assert row.message == now
    assert not await store.keep_second_pass("call-1", AGAIN, better=True, reason="", at=NOON)
    assert await store.backlog() == 1


async def test_it_replaces_a_revision_still_on_its_way(store: Store) -> None:
    await store.open_call(call())
    await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await ended(store, "call-1", 1)
    await store.keep_second_pass("call-1", AGAIN, better=True, reason="", at=NOON)
    (row,) = await store.outbox.due(NOON)
    assert row.message.revision == 1
    assert await store.backlog() == 1


async def test_one_that_is_not_better_changes_no_ticket(store: Store) -> None:
    await store.open_call(call())
    ticket = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    assert not await store.keep_second_pass("call-1", AGAIN, better=False, reason="", at=NOON)
    assert await store.ticket(ticket.ticket_no) == ticket
    known = await store.second_pass("call-1")
    assert known is not None and known.lines == AGAIN


async def test_later_updates_keep_the_better_transcript(store: Store) -> None:
    await store.open_call(call())
    ticket = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await ended(store, "call-1", 1)
    await store.keep_second_pass("call-1", AGAIN, better=True, reason="", at=NOON)
    again = msgspec.structs.replace(draft(), call_back=True)
    await store.update_ticket(ticket.ticket_no, again, at=NOON)
    now = await store.ticket(ticket.ticket_no)
    assert now is not None and (now.revision, now.transcript) == (2, AGAIN)


async def test_what_a_later_call_added_stays(store: Store) -> None:
    await store.open_call(call())
    await store.open_call(call("call-2"))
    ticket = await store.file_ticket("call-1", draft(), LINES, at=NOON)
    await store.save_progress("call-2", draft(), [HEARD])
    more = msgspec.structs.replace(draft(), call_back=True)
    await store.update_ticket(ticket.ticket_no, more, at=NOON, call_id="call-2")
    before = await store.ticket(ticket.ticket_no)
    assert before is not None
    added = before.transcript[len(LINES) :]
    assert added[1:] == (HEARD,)
    await store.keep_second_pass("call-1", AGAIN, better=True, reason="", at=NOON)
    now = await store.ticket(ticket.ticket_no)
    assert now is not None and now.transcript == (*AGAIN, *added)


async def test_an_unknown_call_is_refused(store: Store) -> None:
    with pytest.raises(NotStored):
        await store.keep_second_pass("nobody", AGAIN, better=True, reason="", at=NOON)
    assert await store.second_pass("nobody") is None


async def test_a_database_from_before_second_passes_is_taken_forward(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await store.open_call(call())
    await store.save_progress("call-1", draft(), LINES)
    await store.close()
    before = schema.STEPS.index(schema._second_passes) + 1
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE second_passes")
        for column in ("clean", "words", "clean_words"):
            db.execute(f"ALTER TABLE lines DROP COLUMN {column}")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    # Steps that came later are not part of this.
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        found = await store.call("call-1")
        assert found is not None and tuple(found[1]) == LINES
        await store.keep_second_pass("call-1", AGAIN, better=False, reason="", at=NOON)
        await store.close()
    finally:
        schema.STEPS[before:] = later


async def test_older_lines_get_a_place_for_who_of_several_spoke(tmp_path: Path) -> None:
    path = tmp_path / "hotline.db"
    store = SqlStore(f"sqlite:///{path}")
    await store.start()
    await store.open_call(call())
    await store.save_progress("call-1", draft(), LINES)
    await store.close()
    before = schema.STEPS.index(schema._line_parties) + 1
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE lines DROP COLUMN party")
        db.execute("UPDATE schema_version SET version = ?", (before,))
    # Steps that came later are not part of this.
    later = schema.STEPS[before:]
    del schema.STEPS[before:]
    try:
        store = SqlStore(f"sqlite:///{path}")
        await store.start()
        found = await store.call("call-1")
        assert found is not None and tuple(found[1]) == LINES
        guest = (*LINES, Line("guest", 9.0, 9.5, "消防", party="119"))
        await store.save_progress("call-1", draft(), guest)
        found = await store.call("call-1")
        assert found is not None and tuple(found[1]) == guest
        await store.close()
    finally:
        schema.STEPS[before:] = later
