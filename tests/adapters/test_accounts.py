"""Users, sessions and the audit record: one contract for memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from adapters.accounts import Accounts, AuditEntry, Session, User
from adapters.memory_accounts import MemoryAccounts
from adapters.sql import SqlStore

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LI = User("li", "李班长", ("operator", "supervisor"), "$argon2id$x", seat="801")


@pytest.fixture
async def accounts(store_url: str) -> AsyncIterator[Accounts]:
    if not store_url:
        yield MemoryAccounts()
        return
    store = SqlStore(store_url)
    await store.start()
    yield store
    await store.close()


def session(digest: str, user: str = "li", minutes: int = 30) -> Session:
    return Session(digest, user, "csrf", NOW, NOW + timedelta(minutes=minutes))


async def test_users_are_added_replaced_and_listed(accounts: Accounts) -> None:
    assert await accounts.user("li") is None
    await accounts.put_user(LI)
    await accounts.put_user(replace(LI, name="an", roles=()))
    await accounts.put_user(replace(LI, disabled=True, unit="市公安局"))
    assert await accounts.user("li") == replace(LI, disabled=True, unit="市公安局")
    assert [user.name for user in await accounts.users()] == ["an", "li"]
    assert (await accounts.users())[0].roles == ()


async def test_sessions_live_until_they_expire_or_are_closed(accounts: Accounts) -> None:
    await accounts.open_session(session("one"))
    await accounts.open_session(session("two", minutes=60))
    await accounts.open_session(session("other", "an"))
    later = NOW + timedelta(minutes=30)
    assert await accounts.session("one", NOW) == session("one")
    assert await accounts.session("one", later) is None
    assert await accounts.session("two", later) == session("two", minutes=60)
    await accounts.extend_session("one", NOW + timedelta(minutes=31))
    assert await accounts.session("one", later) is not None
    await accounts.close_session("two")
    await accounts.close_session("two")
    assert await accounts.session("two", NOW) is None
    await accounts.close_sessions("li")
    assert await accounts.session("one", NOW) is None
    assert await accounts.session("other", NOW) is not None


async def test_the_record_is_read_newest_first(accounts: Accounts) -> None:
    entries = [
        AuditEntry(NOW + timedelta(seconds=n), user, "call.view", subject, "细节", "127.0.0.1")
        for n, (user, subject) in enumerate([("li", "c1"), ("an", "c1"), ("li", "c2")])
    ]
    for entry in entries:
        await accounts.audit(entry)
    assert list(await accounts.audited()) == entries[::-1]
    assert list(await accounts.audited(user="li")) == [entries[2], entries[0]]
    assert list(await accounts.audited(subject="c1")) == [entries[1], entries[0]]
    assert list(await accounts.audited(limit=1)) == [entries[2]]
    assert list(await accounts.audited(limit=1, skip=1)) == [entries[1]]
    assert list(await accounts.audited(since=entries[1].at)) == [entries[2], entries[1]]
    assert list(await accounts.audited(until=entries[1].at)) == [entries[0]]
    listened = replace(entries[2], action="recording.listen")
    await accounts.audit(listened)
    assert list(await accounts.audited(action="recording.listen")) == [listened]
    assert list(await accounts.audited(action="call", user="an")) == [entries[1]]
    assert list(await accounts.audited(action="rec")) == []


def test_a_user_shown_in_a_log_does_not_show_the_hash() -> None:
    assert "argon2" not in repr(LI)
