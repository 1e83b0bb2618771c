"""Leader callbacks in the database: all parts together."""

from __future__ import annotations

from adapters.sql.leader_calls import SqlLeaderCalls
from adapters.sql.leader_record import SqlLeaderRecord
from adapters.sql.leader_sessions import SqlLeaderSessions


class SqlLeader(SqlLeaderSessions, SqlLeaderCalls, SqlLeaderRecord):
    """A :class:`adapters.leader_store.LeaderStore`."""
