"""The in-memory twin of the users, sessions and audit record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.accounts import AuditEntry, Session, User


class MemoryAccounts:
    """Implements :class:`adapters.accounts.Accounts` without a database."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._sessions: dict[str, Session] = {}
        self._audit: list[AuditEntry] = []

    async def put_user(self, user: User) -> None:
        self._users[user.name] = user

    async def user(self, name: str) -> User | None:
        return self._users.get(name)

    async def users(self) -> Sequence[User]:
        return tuple(self._users[name] for name in sorted(self._users))

    async def open_session(self, session: Session) -> None:
        self._sessions[session.digest] = session

    async def session(self, digest: str, now: datetime) -> Session | None:
        held = self._sessions.get(digest)
        return held if held is not None and held.expires > now else None

    async def extend_session(self, digest: str, expires: datetime) -> None:
        if digest in self._sessions:
            self._sessions[digest] = replace(self._sessions[digest], expires=expires)

    async def close_session(self, digest: str) -> None:
        self._sessions.pop(digest, None)

    async def close_sessions(self, user: str) -> None:
        self._sessions = {
            digest: held for digest, held in self._sessions.items() if held.user != user
        }

    async def audit(self, entry: AuditEntry) -> None:
        self._audit.append(entry)

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
        found = [
            entry
            for entry in reversed(self._audit)
            if user in ("", entry.user)
            and subject in ("", entry.subject)
            and (action in ("", entry.action) or entry.action.startswith(f"{action}."))
            and (since is None or entry.at >= since)
            and (until is None or entry.at < until)
        ]
        return tuple(found[skip : skip + limit])
