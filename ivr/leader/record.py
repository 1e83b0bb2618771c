"""Everything that belongs to a session or to one call of it, put together and exported.

An exported archive names on every page, in every text file and in every sound file who had it
made, who allowed it and when. In sound files that is a comment in the file's head (RIFF INFO):
it says where a copy came from, and whoever wants to can take it out. It is no mark in the sound.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import struct
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapters.accounts import Accounts, AuditEntry
from adapters.leader import (
    Export,
    LeaderCall,
    LeaderSession,
    Outcome,
    Reopening,
    WorkItem,
)
from adapters.leader_draws import Draw
from adapters.leader_store import LeaderStore
from adapters.model import CallRecord, Line
from adapters.ports import NotStored
from ivr.recording.manifest import sha256_of
from ivr.recording.paths import recording_path

MOST_AUDIT = 10_000
_CHUNK = 1 << 20


class RecordStore(LeaderStore, Accounts, Protocol):
    """Where everything is read from."""

    async def call(self, call_id: str) -> tuple[CallRecord, Sequence[Line]] | None:
        """One call with its transcript."""


class Talk(msgspec.Struct, frozen=True):
    """One call: what is known of it, its transcript, and its recording ("" without)."""

    call: LeaderCall
    lines: tuple[Line, ...] = ()
    recording: str = ""


class Case(msgspec.Struct, frozen=True):
    """One item with its calls, its outcome, and the case that it opened."""

    item: WorkItem
    talks: tuple[Talk, ...]
    outcome: Outcome | None
    reopening: Reopening | None


class Record(msgspec.Struct, frozen=True):
    """A session, whole or one item of it."""

    session: LeaderSession
    draw: Draw | None
    cases: tuple[Case, ...]
    audit: tuple[AuditEntry, ...]


class Mark(msgspec.Struct, frozen=True):
    """Whose copy this is: its number, who asked and who allowed it, why, and when it was made."""

    number: str
    asked_by: str
    allowed_by: str
    reason: str
    made: datetime

    @property
    def text(self) -> str:
        """In one line."""
        return (
            f"{self.number} 申请 {self.asked_by} 批准 {self.allowed_by} "
            f"导出 {self.made.astimezone():%Y-%m-%d %H:%M:%S %z}"
        )


def mark_of(export: Export, made: datetime) -> Mark:
    """The mark of an approved export."""
    return Mark(export.watermark, export.asked_by, export.decided_by, export.reason, made)


def item_subject(session_id: str, item_id: int) -> str:
    """What an item is called in the audit record."""
    return f"{session_id}/{item_id}"


async def gather(
    store: RecordStore, session_id: str, item_id: int = 0, *, audit: bool = True
) -> Record:
    """Everything about a session, or about one item of it; without ``audit`` not who looked.

    Raises :class:`adapters.ports.NotStored`.
    """
    session = await store.leader_session(session_id)
    if session is None:
        raise NotStored(f"no session {session_id}")
    items = [
        item
        for item in await store.leader_items(session_id)
        if item_id in (0, item.item_id) and (item_id or item.state != "removed")
    ]
    if item_id and not items:
        raise NotStored(f"no item {item_id} in session {session_id}")
    outcomes = await store.leader_outcomes(session_id)
    reopenings = {one.reopening_id: one for one in await store.reopenings(session_id=session_id)}
    cases = []
    subjects = [session_id]
    for item in items:
        talks = [await _talk(store, call) for call in await store.leader_calls(item.item_id)]
        subjects += [item_subject(session_id, item.item_id)]
        subjects += [talk.call.call_id for talk in talks]
        cases.append(
            Case(item, tuple(talks), outcomes.get(item.item_id), reopenings.get(item.item_id))
        )
    entries: list[AuditEntry] = []
    for subject in subjects if audit else ():
        entries += await store.audited(subject=subject, limit=MOST_AUDIT)
    return Record(
        session,
        await store.draw_of(session_id),
        tuple(cases),
        tuple(sorted(entries, key=lambda entry: entry.at)),
    )


async def _talk(store: RecordStore, call: LeaderCall) -> Talk:
    known = await store.call(call.call_id)
    if known is None:
        return Talk(call)
    record, lines = known
    return Talk(call, tuple(lines), record.recording)


def write_archive(record: Record, mark: Mark, path: Path, data_dir: Path) -> str:
    """Write the archive to ``path``, for its owner only; its SHA-256 in hex.

    Recordings lie below ``data_dir``; one whose file is missing is named as missing.
    Raises :class:`OSError`, also if there is a file already.
    """
    sums: dict[str, str] = {}
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    with (
        os.fdopen(handle, "w+b") as target,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.comment = mark.number.encode()
        for name, body in _texts(record, mark):
            _put(archive, sums, name, [body])
        for case in record.cases:
            folder = folder_of(case.item)
            for talk in case.talks:
                audio = recording_path(data_dir, talk.recording)
                base = f"{folder}/{talk.call.call_id}"
                if audio is None:
                    if talk.recording:
                        told = f"{mark.text}\n录音文件不在了：{talk.recording}\n".encode()
                        _put(archive, sums, f"{base}.missing.txt", [told])
                    continue
                # Sound hardly gets smaller by packing.
                sound = marked_wav(audio, mark)
                _put(archive, sums, f"{base}.wav", sound, zipfile.ZIP_STORED)
                manifest = audio.with_suffix(".json")
                if manifest.is_file():
                    _put(archive, sums, f"{base}.manifest.json", [manifest.read_bytes()])
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
        archive.writestr("SHA256SUMS.txt", lines)
    return sha256_of(path)


def folder_of(item: WorkItem) -> str:
    """Where an item's files lie in the archive."""
    return f"{item.position + 1:02d}-{item.ticket_no}"


def marked_wav(path: Path, mark: Mark) -> Iterable[bytes]:
    """The bytes of a WAV file with the mark as its comment; its sound stays as it is."""
    size = path.stat().st_size
    info = _info_chunk(mark)
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            yield head
        else:
            pad = size % 2
            yield b"RIFF" + struct.pack("<I", size - 8 + pad + len(info)) + b"WAVE"
        while chunk := file.read(_CHUNK):
            yield chunk
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            yield b"\0" * (size % 2) + info


def _info_chunk(mark: Mark) -> bytes:
    parts = b""
    for name, text in ((b"ICMT", mark.text), (b"ICOP", mark.number)):
        body = text.encode() + b"\0"
        parts += name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    body = b"INFO" + parts
    return b"LIST" + struct.pack("<I", len(body)) + body


def _put(
    archive: zipfile.ZipFile,
    sums: dict[str, str],
    name: str,
    body: Iterable[bytes],
    method: int = zipfile.ZIP_DEFLATED,
) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = method
    entry.external_attr = 0o600 << 16
    digest = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as file:
        for chunk in body:
            digest.update(chunk)
            file.write(chunk)
    sums[name] = digest.hexdigest()


def _texts(record: Record, mark: Mark) -> Iterable[tuple[str, bytes]]:
    yield "水印.txt", f"{mark.text}\n用途：{mark.reason}\n".encode()
    yield "index.html", _page(record, mark).encode()
    yield "session.json", _json(record.session, mark)
    if record.draw is not None:
        yield "worklist.json", _json(record.draw, mark)
    yield "audit.csv", _audit(record.audit, mark)
    for case in record.cases:
        folder = folder_of(case.item)
        yield f"{folder}/item.json", _json(case.item, mark)
        if case.outcome is not None:
            yield f"{folder}/outcome.json", _json(case.outcome, mark)
        if case.reopening is not None:
            yield f"{folder}/reopening.json", _json(case.reopening, mark)
        for talk in case.talks:
            yield f"{folder}/{talk.call.call_id}.call.json", _json(talk.call, mark)
            if talk.lines:
                yield f"{folder}/{talk.call.call_id}.transcript.json", _json(talk.lines, mark)


def _json(value: object, mark: Mark) -> bytes:
    whole = {"watermark": mark.text, "value": msgspec.to_builtins(value)}
    return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"


def _audit(entries: Sequence[AuditEntry], mark: Mark) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([mark.text])
    writer.writerow(AuditEntry.__struct_fields__)
    for entry in entries:
        values = msgspec.structs.asdict(entry) | {"at": entry.at.astimezone().isoformat()}
        writer.writerow(values.values())
    return text.getvalue().encode("utf-8-sig")


def _page(record: Record, mark: Mark) -> str:
    environment = Environment(
        loader=PackageLoader("ivr.leader"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("record.html").render(
        record=record, mark=mark, folder_of=folder_of, item_subject=item_subject
    )
