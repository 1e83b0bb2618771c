"""Exports: complete, marked everywhere, two persons, once, in time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import wave
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.accounts import AuditEntry
from adapters.leader import Export, WorkItem
from adapters.leader_store import Recorded
from adapters.model import CallRecord, Line
from adapters.ports import NotStored
from adapters.sql import SqlStore
from ivr.leader.exports import Exports, without_secrets
from ivr.leader.record import Mark, gather, item_subject, marked_wav
from ivr.leader.sessions import NotAllowed
from ivr.recording.paths import recording_path
from tests.adapters.leader_samples import DAY, HOUR, case, draw, item, outcome, session
from tests.adapters.samples import NOON

MARK = Mark("DC1-ABC", "sun", "li", "督查", NOON)


def sound(path: Path, seconds: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * (125 * seconds))


@dataclass
class Held:
    """A session that took place, with a call that was recorded and one that was not."""

    store: SqlStore
    data_dir: Path
    session_id: str
    items: list[WorkItem]
    at: datetime = NOON

    @property
    def exports(self) -> Exports:
        return Exports(self.store, self.data_dir, hours=24.0, now=lambda: self.at)

    async def allowed(self, item_id: int = 0) -> Export:
        asked = await self.exports.ask(self.session_id, item_id, "督查", by="sun")
        return await self.exports.decide(asked.export_id, approve=True, by="li")

    async def made(self, item_id: int = 0) -> zipfile.ZipFile:
        path = self.data_dir / f"{item_id}.zip"
        digest = await self.exports.make(await self.allowed(item_id), path)
        assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.stat().st_mode & 0o777 == 0o600
        return zipfile.ZipFile(path)


@pytest.fixture
async def held(tmp_path: Path) -> AsyncIterator[Held]:
    store = SqlStore(f"sqlite:///{tmp_path}/h.db")
    await store.start()
    made = await store.put_leader_session(session(state="进行中"))
    items = list(await store.keep_draw(draw(made.session_id), [item(1), item(2), item(3)]))
    sound(tmp_path / "recordings" / "c1.wav")
    (tmp_path / "recordings" / "c1.json").write_text('{"call_id": "c1"}', "utf-8")
    talk = [Line("caller", 1.0, 2.0, "灯没修"), Line("leader", 2.0, 3.0, "三天内修好")]
    for n, (call_id, recording) in enumerate([("c1", "recordings/c1.wav"), ("c2", "gone.wav")]):
        await store.open_leader_call(items[n].item_id, call_id, by="zhou", at=NOON, most=2)
        await store.open_call(CallRecord(call_id, items[n].ticket.number, "", NOON))
        await store.close_call(
            call_id, ended=NOON, outcome="transferred", recording=recording, lines=talk
        )
        await store.close_leader_call(call_id, "talked", at=NOON)
        await store.audit(AuditEntry(NOON, "zhou", "recording.listen", call_id))
    redo = "未解决诉求合理重办"
    given = outcome(items[0], kind=redo, by="zhou", at=NOON, notes="灯没修", key="3")
    changed = Recorded(given, replace(items[0], state="done"), (case(items[0]),))
    await store.record_outcome(changed, at=NOON)
    subject = item_subject(made.session_id, items[1].item_id)
    await store.audit(AuditEntry(NOON, "sun", "leader.view", subject))
    await store.audit(AuditEntry(NOON, "sun", "leader.start", made.session_id))
    await store.audit(AuditEntry(NOON, "sun", "call.view", "another"))
    yield Held(store, tmp_path, made.session_id, items)
    await store.close()


async def test_everything_that_belongs_together_is_in_the_archive(held: Held) -> None:
    archive = await held.made()
    first = f"01-{held.items[0].ticket_no}"
    names = set(archive.namelist())
    assert {
        "水印.txt",
        "index.html",
        "session.json",
        "worklist.json",
        "audit.csv",
        "SHA256SUMS.txt",
        f"{first}/c1.wav",
        f"{first}/c1.manifest.json",
        f"{first}/c1.transcript.json",
        f"{first}/outcome.json",
        f"{first}/reopening.json",
        f"02-{held.items[1].ticket_no}/c2.missing.txt",
        f"03-{held.items[2].ticket_no}/item.json",
    } <= names
    outcome_ = json.loads(archive.read(f"{first}/outcome.json"))
    assert outcome_["value"]["key"] == "3"
    rows = list(csv.reader(io.StringIO(archive.read("audit.csv").decode("utf-8-sig"))))
    assert {row[2] for row in rows[2:]} == {"recording.listen", "leader.view", "leader.start"}
    page = archive.read("index.html").decode()
    assert "三天内修好" in page and "群众按键 3" in page


async def test_confidential_tickets_are_not_in_the_archive_of_who_may_not_read_them(
    held: Held,
) -> None:
    record = await gather(held.store, held.items[0].session_id)
    first = record.cases[0]
    assert record.draw is not None
    ticket = replace(first.item.ticket, confidential="全程保密", content="举报他人")
    secret = replace(first, item=replace(first.item, ticket=ticket))
    draw = replace(record.draw, candidates=(ticket,))
    shown = without_secrets(replace(record, cases=(secret, *record.cases[1:]), draw=draw))
    assert [case.item.item_id for case in shown.cases] == [
        case.item.item_id for case in record.cases[1:]
    ]
    assert shown.draw is not None
    (candidate,) = shown.draw.candidates
    assert candidate.ticket_no == ticket.ticket_no
    assert not (candidate.number or candidate.content or candidate.title)


async def test_every_file_carries_the_mark_and_its_digest(held: Held) -> None:
    archive = await held.made()
    (export, *_) = await held.store.exports()
    assert export.watermark.startswith("DC2026")
    for line in archive.read("SHA256SUMS.txt").decode().splitlines():
        digest, name = line.split("  ", 1)
        body = archive.read(name)
        assert hashlib.sha256(body).hexdigest() == digest
        if not name.endswith("manifest.json"):
            assert export.watermark in body.decode("utf-8", "replace"), name
            assert "申请 sun 批准 li" in body.decode("utf-8", "replace"), name
    assert archive.comment.decode() == export.watermark


async def test_one_item_alone(held: Held) -> None:
    archive = await held.made(held.items[1].item_id)
    names = archive.namelist()
    assert not any(name.startswith(("01-", "03-")) for name in names)
    assert f"02-{held.items[1].ticket_no}/item.json" in names
    with pytest.raises(NotStored):
        await gather(held.store, held.session_id, 999)
    with pytest.raises(NotStored):
        await gather(held.store, "none")


def test_a_marked_recording_sounds_as_before(tmp_path: Path) -> None:
    for seconds in (1, 2):
        path, copy = tmp_path / "a.wav", tmp_path / "b.wav"
        sound(path, seconds)
        copy.write_bytes(b"".join(marked_wav(path, MARK)))
        with wave.open(str(path)) as before, wave.open(str(copy)) as after:
            assert before.getparams() == after.getparams()
            assert before.readframes(99999) == after.readframes(99999)
        body = copy.read_bytes()
        assert int.from_bytes(body[4:8], "little") == len(body) - 8
        assert MARK.text.encode() in body
    odd = tmp_path / "c.wav"
    odd.write_bytes(b"no sound at all")
    assert b"".join(marked_wav(odd, MARK)) == b"no sound at all"


def test_a_recording_elsewhere_is_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.wav").write_bytes(b"x")
    assert recording_path(tmp_path / "data", "../secret.wav") is None
    assert recording_path(tmp_path / "data", "") is None


async def test_two_persons_once_and_in_time(held: Held) -> None:
    exports = held.exports
    asked = await exports.ask(held.session_id, 0, " 督查 ", by="sun")

    async def refused(work: object) -> str:
        with pytest.raises(NotAllowed) as error:
            await work  # type: ignore[misc]
        return error.value.text

    assert await refused(exports.ask(held.session_id, 0, " ", by="sun")) == "leader.error.reason"
    same = exports.decide(asked.export_id, approve=True, by="sun")
    assert await refused(same) == "leader.error.export-same"
    early = exports.fetchable(asked.export_id, by="sun")
    assert await refused(early) == "leader.error.export-not-approved"
    await exports.decide(asked.export_id, approve=True, by="li")
    assert await refused(exports.fetchable(asked.export_id, by="li")) == "leader.error.not-yours"
    assert (await exports.fetchable(asked.export_id, by="sun")).state == "已批准"
    taken = await exports.fetch(asked.export_id, "ab")
    assert (taken.state, taken.sha256) == ("已下载", "ab")
    assert await refused(exports.fetch(asked.export_id, "cd")) == "leader.error.export-taken"
    late = await held.allowed()
    held.at = NOON + DAY + timedelta(seconds=1)
    assert await refused(exports.fetchable(late.export_id, by="sun")) == (
        "leader.error.export-expired"
    )
    no = await exports.ask(held.session_id, 0, "看看", by="sun")
    await exports.decide(no.export_id, approve=False, by="li")
    again = exports.decide(no.export_id, approve=True, by="li")
    assert await refused(again) == "leader.error.export-decided"
    with pytest.raises(NotStored):
        await exports.fetchable("none", by="sun")
    assert held.at > NOON + HOUR
