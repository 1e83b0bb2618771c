"""Users, sessions and the audit record in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.accounts import AuditEntry, Session, User
from adapters.sql.account_tables import audit, sessions, users
from adapters.sql.transactions import Transacting


class SqlAccounts(Transacting):
    """Implements :class:`adapters.accounts.Accounts`."""

    async def put_user(self, user: User) -> None:
        """Add a user, or replace the one of this name."""
        values = msgspec.structs.asdict(user) | {"roles": " ".join(user.roles)}

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(users).where(users.c.name == user.name))
            await db.execute(users.insert().values(values))

        await self._write(work)

    async def user(self, name: str) -> User | None:
        """One user."""

        async def work(db: AsyncConnection) -> User | None:
            row = (await db.execute(select(users).where(users.c.name == name))).one_or_none()
            return None if row is None else _user(row)

        return await self._read(work)

    async def users(self) -> Sequence[User]:
        """All users by name."""

        async def work(db: AsyncConnection) -> Sequence[User]:
            rows = await db.execute(select(users).order_by(users.c.name))
            return tuple(_user(row) for row in rows)

        return await self._read(work)

    async def open_session(self, session: Session) -> None:
        """Keep a session until it expires or is closed."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(delete(sessions).where(sessions.c.expires <= session.created))
            await db.execute(sessions.insert().values(msgspec.structs.asdict(session)))

        await self._write(work)

    async def session(self, digest: str, now: datetime) -> Session | None:
        """The session with this digest, None if there is none or it has expired."""
        wanted = select(sessions).where(sessions.c.digest == digest, sessions.c.expires > now)

        async def work(db: AsyncConnection) -> Session | None:
            row = (await db.execute(wanted)).one_or_none()
            return None if row is None else Session(**row._mapping)

        return await self._read(work)

    async def extend_session(self, digest: str, expires: datetime) -> None:
        """It is in use: let it last until ``expires``."""
        changed = update(sessions).where(sessions.c.digest == digest).values(expires=expires)
        await self._write(lambda db: db.execute(changed))

    async def close_session(self, digest: str) -> None:
        """Sign out."""
        await self._write(
            lambda db: db.execute(delete(sessions).where(sessions.c.digest == digest))
        )

    async def close_sessions(self, user: str) -> None:
        """Sign a user out everywhere."""
        await self._write(lambda db: db.execute(delete(sessions).where(sessions.c.user == user)))

    async def audit(self, entry: AuditEntry) -> None:
        """Add to the record, which nothing takes away from."""
        values = msgspec.structs.asdict(entry)
        await self._write(lambda db: db.execute(audit.insert().values(values)))

    async def audited(
        self,
        *,
        user: str = "",
        subject: str = "",
        action: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
        skip: int = 0,
    ) -> Sequence[AuditEntry]:
        """The newest entries first that meet every condition."""
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit).offset(skip)
        if user:
            wanted = wanted.where(audit.c.user == user)
        if subject:
            wanted = wanted.where(audit.c.subject == subject)
        if action:
            below = audit.c.action.startswith(f"{action}.", autoescape=True)
            wanted = wanted.where(or_(audit.c.action == action, below))
        if since is not None:
            wanted = wanted.where(audit.c.at >= since)
        if until is not None:
            wanted = wanted.where(audit.c.at < until)

        async def work(db: AsyncConnection) -> Sequence[AuditEntry]:
            rows = await db.execute(wanted)
            names = AuditEntry.__struct_fields__
            return tuple(AuditEntry(**{name: row._mapping[name] for name in names}) for row in rows)

        return await self._read(work)


def _user(row: Row[Any]) -> User:
    values = dict(row._mapping)
    values["roles"] = tuple(values["roles"].split())
    return User(**values)
