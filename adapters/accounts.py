"""Who may use the console: users, their sessions, and the record of what they looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Role = Literal["operator", "supervisor", "engineer", "leader", "host", "admin"]


class User(msgspec.Struct, frozen=True):
    """A person who may sign in under ``name``.

    ``password`` is a hash that carries its own parameters. ``seat`` is the seat that is theirs by
    default, ``unit`` the unit of a leader. A disabled user keeps the records in their name.
    """

    name: str
    display: str
    roles: tuple[Role, ...]
    password: str
    seat: str = ""
    unit: str = ""
    disabled: bool = False

    def __repr__(self) -> str:
        # The hash is nobody's business.
        return f"User(name={self.name!r}, roles={self.roles!r})"


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. Only the digest of its cookie is kept.

    ``csrf`` is the secret that its forms carry.
    """

    digest: str
    user: str
    csrf: str
    created: datetime
    expires: datetime


class AuditEntry(msgspec.Struct, frozen=True):
    """Something that a person did or looked at.

    ``action`` is a short word ("login", "call.view", "recording.listen"), ``subject`` what it was
    done to (a call id, a ticket number, a user), ``detail`` what else matters, without personal
    data.
    """

    at: datetime
    user: str
    action: str
    subject: str = ""
    detail: str = ""
    address: str = ""


class Accounts(Protocol):
    """Users, sessions and the audit record. Every method is one transaction."""

    async def put_user(self, user: User) -> None:
        """Add a user, or replace the one of this name."""

    async def user(self, name: str) -> User | None:
        """One user."""

    async def users(self) -> Sequence[User]:
        """All users by name."""

    async def open_session(self, session: Session) -> None:
        """Keep a session until it expires or is closed."""

    async def session(self, digest: str, now: datetime) -> Session | None:
        """The session with this digest, None if there is none or it has expired."""

    async def extend_session(self, digest: str, expires: datetime) -> None:
        """It is in use: let it last until ``expires``."""

    async def close_session(self, digest: str) -> None:
        """Sign out."""

    async def close_sessions(self, user: str) -> None:
        """Sign a user out everywhere."""

    async def audit(self, entry: AuditEntry) -> None:
        """Add to the record, which nothing takes away from."""

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
        """The newest entries first that meet every condition ("" and None leave one out).

        ``action`` also stands for all that begin with it and a dot ("call" for "call.view").
        ``until`` itself is not included; ``skip`` of the newest are left out.
        """
