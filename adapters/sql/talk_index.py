"""Finding calls by words that were said in them, fast in a year of calls.

Chinese has no spaces, and the words looked for mostly have two characters: the index holds every
pair of neighbouring characters, and a word is found as a phrase of its pairs. SQLite's FTS5 and
PostgreSQL's text search both know phrases; each pair is spelt as a hexadecimal word, which no
parser of theirs takes apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    event,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.model import Line
from adapters.sql.dialect import upsert
from adapters.sql.tables import lines, metadata

talk_texts = Table(
    "talk_texts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("call_id", String(64), nullable=False, unique=True),
    Column("body", Text, nullable=False),
)

TABLES = (talk_texts,)

_SAID = re.compile(r"[^\W_]+")
# Between two lines, so that no word is found across them.
_STOP = "q"
_SQLITE = (
    "CREATE VIRTUAL TABLE talk_fts USING fts5(body, content='talk_texts', content_rowid='id')",
    """CREATE TRIGGER talk_fts_insert AFTER INSERT ON talk_texts BEGIN
        INSERT INTO talk_fts(rowid, body) VALUES (new.id, new.body); END""",
    """CREATE TRIGGER talk_fts_delete AFTER DELETE ON talk_texts BEGIN
        INSERT INTO talk_fts(talk_fts, rowid, body) VALUES ('delete', old.id, old.body); END""",
    """CREATE TRIGGER talk_fts_update AFTER UPDATE ON talk_texts BEGIN
        INSERT INTO talk_fts(talk_fts, rowid, body) VALUES ('delete', old.id, old.body);
        INSERT INTO talk_fts(rowid, body) VALUES (new.id, new.body); END""",
)
_POSTGRES = (
    "CREATE INDEX ix_talk_texts_body ON talk_texts USING gin (to_tsvector('simple', body))",
)
_FOUND = {
    "sqlite": "id IN (SELECT rowid FROM talk_fts WHERE talk_fts MATCH :words)",
    "postgresql": "to_tsvector('simple', body) @@ to_tsquery('simple', :words)",
}


@event.listens_for(talk_texts, "after_create")
def _index(_: Table, connection: Connection, **__: Any) -> None:
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.execute(text(statement))


def body(said: Iterable[str]) -> str:
    """What the index keeps of these lines."""
    return f" {_STOP} ".join(
        " ".join(_pair(run[at : at + 2]) for run in _runs(line) for at in range(len(run)))
        for line in said
    )


def query(word: str, dialect: str) -> str:
    """How to look for one word; "" for one without a letter, figure or character in it."""
    phrases = [
        [_pair(run[at : at + 2]) for at in range(max(1, len(run) - 1))] for run in _runs(word)
    ]
    if dialect == "sqlite":
        terms = [f'"{" ".join(pairs)}"{_any(pairs, "*")}' for pairs in phrases]
        return " AND ".join(terms)
    return " & ".join(
        f"({' <-> '.join(p + _any(pairs, ':*') for p in pairs)})" for pairs in phrases
    )


def heard(word: str, dialect: str) -> Select[Any] | None:
    """The ids of calls in which ``word`` was said; None where the index cannot tell."""
    words = query(word, dialect)
    if not words:
        return None
    # Of its own name each time: a query may look for several words.
    condition = text(_FOUND[dialect]).bindparams(bindparam("words", words, unique=True))
    return select(talk_texts.c.call_id).where(condition)


async def keep(db: AsyncConnection, call_id: str, talk: Sequence[Line]) -> None:
    """Make what was said in ``talk`` findable, in place of what was."""
    row = upsert(db, talk_texts).values(call_id=call_id, body=body(_said(talk)))
    await db.execute(
        row.on_conflict_do_update(index_elements=["call_id"], set_={"body": row.excluded.body})
    )


def fill(connection: Connection) -> None:
    """Make all talks that are stored findable."""
    wanted = select(lines.c.call_id, lines.c.text, lines.c.clean).where(lines.c.speaker != "note")
    known: list[str] = []
    call_id = ""
    rows: list[dict[str, str]] = []
    for row in connection.execute(wanted.order_by(lines.c.call_id, lines.c.n)):
        if row.call_id != call_id and known:
            rows.append({"call_id": call_id, "body": body(known)})
            known = []
        call_id = row.call_id
        known += _once(row.text, row.clean)
    if known:
        rows.append({"call_id": call_id, "body": body(known)})
    if rows:
        connection.execute(talk_texts.insert(), rows)


def _said(talk: Sequence[Line]) -> list[str]:
    return [
        said for line in talk if line.speaker != "note" for said in _once(line.text, line.clean)
    ]


def _once(plain: str, clean: str) -> list[str]:
    return [plain, clean] if clean and clean != plain else [plain]


def _runs(said: str) -> list[str]:
    return [found[0] for found in _SAID.finditer(said.lower())]


def _pair(characters: str) -> str:
    # Of even width, so that one character is the beginning of all its pairs.
    return "x" + "".join(f"{ord(one):05x}" for one in characters)


def _any(pairs: list[str], mark: str) -> str:
    """A single character stands for all pairs that begin with it."""
    return mark if len(pairs) == 1 and len(pairs[0]) == 6 else ""
