"""The in-memory twin of leader callbacks: calls, outcomes, cases, exports and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from adapters.leader import (
    REPORTED,
    TALKED,
    CallResult,
    Export,
    LeaderCall,
    LeaderSession,
    Outcome,
    Reopening,
    WorkItem,
)
from adapters.leader_steps import confirmation, decided, fetched
from adapters.leader_store import (
    Counts,
    Grouping,
    LeaderBatch,
    NotNow,
    Outdated,
    Recorded,
)
from adapters.memory_leader_sessions import MemoryLeaderSessions, local
from adapters.memory_reports import MemoryReports
from adapters.model import StateChange
from adapters.ports import NotStored, StoreError
from adapters.reports import Report

_HELD = ("进行中", "已结束")
_COUNTED = {
    "已解决且认可": "agreed",
    "已解决不认可": "disagreed",
    "未解决诉求合理重办": "redo",
    "未解决政策不支持已解释": "explained",
    "未接通": "missed",
    "拒访": "refused",
    "改约": "later",
}


class MemoryLeader(MemoryLeaderSessions, MemoryReports):
    """Implements :class:`adapters.leader_store.LeaderStore` without a database."""

    def __init__(self) -> None:
        MemoryLeaderSessions.__init__(self)
        MemoryReports.__init__(self)

    async def open_leader_call(
        self, item_id: int, call_id: str, *, by: str, at: datetime, most: int
    ) -> LeaderCall:
        item = self._leader_item(item_id)
        if item.state in ("done", "removed"):
            raise NotNow("done")
        for call in self._leader_calls.values():
            other = self._leader_items[call.item_id]
            number = item.ticket.number
            same = other.item_id == item_id or (number and other.ticket.number == number)
            if call.ended is None and same:
                raise NotNow("open")
        if item.attempts >= most:
            raise NotNow("most")
        call = local(LeaderCall(call_id, item_id, item.session_id, item.attempts + 1, by, at))
        self._leader_calls[call_id] = call
        self._leader_items[item_id] = replace(item, state="calling", attempts=item.attempts + 1)
        return call

    async def close_leader_call(
        self, call_id: str, result: CallResult, *, at: datetime
    ) -> LeaderCall:
        call = self._leader_calls.get(call_id)
        if call is None:
            raise NotStored(f"no leader call {call_id}")
        if call.ended is None or call.result == "unknown":
            self._leader_calls[call_id] = call = local(replace(call, ended=at, result=result))
            item = self._leader_items[call.item_id]
            if item.state == "calling":
                self._leader_items[item.item_id] = replace(item, state="waiting")
        return call

    async def leader_call_item(self, call_id: str) -> WorkItem | None:
        call = self._leader_calls.get(call_id)
        return None if call is None else self._leader_items[call.item_id]

    async def leader_calls(self, item_id: int) -> Sequence[LeaderCall]:
        return tuple(call for call in self._leader_calls.values() if call.item_id == item_id)

    async def unkept_leader_calls(self, since: datetime) -> Sequence[LeaderCall]:
        last = {call.item_id: call for call in self._leader_calls.values()}
        return tuple(
            call
            for call in sorted(last.values(), key=lambda one: one.ended or one.started)
            if call.ended is not None
            and call.ended >= since
            and call.result in ("talked", "unknown")
            and (
                call.item_id not in self._leader_outcomes
                or self._leader_outcomes[call.item_id].call_id != call.call_id
            )
        )

    async def open_leader_calls(self, session_id: str = "") -> Sequence[LeaderCall]:
        return tuple(
            call
            for call in sorted(self._leader_calls.values(), key=lambda one: one.started)
            if call.ended is None and session_id in ("", call.session_id)
        )

    async def leader_outcome(self, item_id: int) -> Outcome | None:
        return self._leader_outcomes.get(item_id)

    async def leader_outcomes(self, session_id: str) -> Mapping[int, Outcome]:
        return {
            item_id: one
            for item_id, one in self._leader_outcomes.items()
            if one.session_id == session_id
        }

    async def record_outcome(self, recorded: Recorded, *, at: datetime) -> Outcome:
        outcome = recorded.outcome
        item = self._leader_item(recorded.item.item_id)
        known = self._leader_outcomes.get(outcome.item_id)
        if (known.revision if known is not None else 0) != outcome.revision:
            raise Outdated(f"the outcome of item {outcome.item_id} was changed meanwhile")
        for case in recorded.reopenings:
            self._leader_check(case)
        stored = local(replace(outcome, revision=outcome.revision + 1))
        self._leader_outcomes[outcome.item_id] = stored
        self._leader_items[item.item_id] = local(
            replace(item, state=recorded.item.state, again=recorded.item.again)
        )
        for case in recorded.reopenings:
            self._leader_keep(case)
        self._send_reports(recorded.reports, at)
        return stored

    async def reopening(self, reopening_id: int) -> Reopening | None:
        return self._leader_cases.get(reopening_id)

    async def reopenings(
        self, *, owner: str = "", open_only: bool = False, session_id: str = "", limit: int = 500
    ) -> Sequence[Reopening]:
        found = [
            case
            for case in self._leader_cases.values()
            if owner in ("", case.owner)
            and session_id in ("", case.session_id)
            and not (open_only and case.closed is not None)
        ]
        return tuple(sorted(found, key=lambda one: (one.deadline, one.reopening_id))[:limit])

    async def put_reopening(
        self, reopening: Reopening, told: Sequence[Report], *, at: datetime
    ) -> Reopening:
        self._leader_check(reopening)
        stored = self._leader_keep(reopening)
        self._send_reports(told, at)
        return stored

    async def leader_called_since(self, since: datetime) -> Mapping[str, datetime]:
        found: dict[str, datetime] = {}
        for outcome in self._leader_outcomes.values():
            if outcome.kind in TALKED and outcome.at is not None and outcome.at >= since:
                item = self._leader_items[outcome.item_id]
                for name in (item.ticket_no, item.ticket.number):
                    if name:
                        found[name] = max(outcome.at, found.get(name, outcome.at))
        return found

    async def ask_export(self, export: Export) -> None:
        self._leader_exports[export.export_id] = local(export)

    async def decide_export(
        self, export_id: str, *, approve: bool, by: str, at: datetime, expires: datetime
    ) -> Export:
        changed = decided(
            self._leader_export(export_id), approve=approve, by=by, at=at, expires=expires
        )
        self._leader_exports[export_id] = local(changed)
        return self._leader_exports[export_id]

    async def take_export(self, export_id: str, *, at: datetime) -> Export:
        self._leader_exports[export_id] = local(fetched(self._leader_export(export_id), at))
        return self._leader_exports[export_id]

    async def sealed_export(self, export_id: str, sha256: str) -> None:
        self._leader_exports[export_id] = replace(self._leader_export(export_id), sha256=sha256)

    async def export_of(self, export_id: str) -> Export | None:
        return self._leader_exports.get(export_id)

    async def exports(self, limit: int = 200) -> Sequence[Export]:
        newest = sorted(self._leader_exports.values(), key=lambda one: one.export_id)
        return tuple(sorted(newest, key=lambda one: one.asked, reverse=True)[:limit])

    async def bring_in(self, batch: LeaderBatch) -> None:
        if any(one.session_id in self._leader_sessions for one in batch.sessions) or any(
            one.item_id in self._leader_items for one in batch.items
        ):
            raise StoreError("a number is taken")
        self._leader_sessions |= {one.session_id: local(one) for one in batch.sessions}
        self._leader_items |= {one.item_id: local(one) for one in batch.items}
        self._leader_outcomes |= {one.item_id: local(one) for one in batch.outcomes}
        self._leader_cases |= {one.reopening_id: local(one) for one in batch.reopenings}
        self._last_item = max(self._leader_items, default=0)

    async def next_item(self) -> int:
        return max(self._leader_items, default=0) + 1

    async def leader_counts(
        self, since: date, until: date, by: Grouping = ""
    ) -> Mapping[str, Counts]:
        groups: dict[str, list[LeaderSession]] = {}
        for session in self._leader_sessions.values():
            day = session.starts.date()
            if session.state in _HELD and since <= day < until:
                name = {
                    "unit": session.unit,
                    "level": session.level,
                    "month": f"{day:%Y-%m}",
                    "": "",
                }[by]
                groups.setdefault(name, []).append(session)
        return {name: self._leader_count(groups[name]) for name in sorted(groups)}

    def _leader_count(self, held: Sequence[LeaderSession]) -> Counts:
        ids = {session.session_id for session in held}
        counts = dict.fromkeys(Counts.__struct_fields__, 0)
        counts["sessions"] = len(held)
        counts["leaders"] = len({session.leader for session in held})
        counts["planned"] = sum(session.planned for session in held)
        for item in self._leader_items.values():
            if item.session_id not in ids or item.purpose != "review" or item.state == "removed":
                continue
            outcome = self._leader_outcomes.get(item.item_id)
            kind = outcome.kind if outcome is not None else ""
            counts["called"] += bool(item.attempts > item.earlier or kind)
            counts["reached"] += kind not in ("", "未接通")
            counts["interviewed"] += kind in TALKED
            if kind:
                counts[_COUNTED[kind]] += 1
        for case in self._leader_cases.values():
            if case.session_id in ids and case.state != "已撤回":
                counts["reopened"] += 1
                if case.state == "已解决":
                    counts["solved"] += 1
                    counts["redo_s"] += case.redo_s
                counts["confirmed"] += case.satisfied is not None
                counts["satisfied"] += case.satisfied is True
        return Counts(**counts)

    def _redo_reported(self, change: StateChange) -> bool | None:
        cases = [one for one in self._leader_cases.values() if one.ticket_no == change.ticket_no]
        if not cases:
            return None
        case = next((one for one in cases if one.state == "重办中"), None)
        if case is None or change.state not in REPORTED or change.changed <= case.opened:
            return False
        item = self._leader_item(case.reopening_id)
        item_id = self._leader_place(confirmation(case, item, change))
        self._leader_keep(
            replace(
                case,
                state="待确认",
                reported=change.changed,
                report=change.note,
                confirm_item=item_id,
            )
        )
        return True

    def _leader_check(self, case: Reopening) -> None:
        known = self._leader_cases.get(case.reopening_id)
        if (known.revision if known is not None else 0) != case.revision:
            raise Outdated(f"case {case.reopening_id} was changed meanwhile")

    def _leader_keep(self, case: Reopening) -> Reopening:
        self._leader_check(case)
        stored = local(replace(case, revision=case.revision + 1))
        self._leader_cases[case.reopening_id] = stored
        return stored

    def _leader_export(self, export_id: str) -> Export:
        if export_id not in self._leader_exports:
            raise NotStored(f"no export {export_id}")
        return self._leader_exports[export_id]
