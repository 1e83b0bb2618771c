"""The in-memory twin of reports that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from adapters.reports import Report, ReportRow


class MemoryReports:
    """Implements :class:`adapters.reports.ReportStore` without a database."""

    def __init__(self) -> None:
        self._reports: dict[int, ReportRow] = {}
        self._report_states: dict[int, str] = {}
        self._report_leases: dict[int, tuple[str, datetime]] = {}

    async def claim_reports(
        self, now: datetime, *, owner: str, until: datetime, limit: int = 20
    ) -> Sequence[ReportRow]:
        free = [row for row in self._waiting_reports() if self._report_free_at(row) <= now]
        taken = sorted(free, key=lambda row: (row.due, row.id))[:limit]
        for row in taken:
            self._report_leases[row.id] = (owner, until.astimezone())
        return taken

    async def release_reports(self, owner: str) -> None:
        for row_id in [one for one, lease in self._report_leases.items() if lease[0] == owner]:
            del self._report_leases[row_id]

    async def report_delivered(self, row_id: int, reference: str, at: datetime) -> None:
        self._report_leases.pop(row_id, None)
        self._report_states[row_id] = "delivered"

    async def postpone_report(self, row_id: int, until: datetime, error: str) -> None:
        self._report_attempted(row_id, "waiting", until, error)

    async def park_report(self, row_id: int, error: str, at: datetime) -> None:
        self._report_attempted(row_id, "parked", None, error)

    async def unpark_report(self, row_id: int, at: datetime) -> None:
        if self._report_states.get(row_id) == "parked":
            self._report_states[row_id] = "waiting"
            self._reports[row_id] = replace(self._reports[row_id], due=at.astimezone())

    async def parked_reports(self) -> Sequence[ReportRow]:
        return [row for row in self._reports.values() if self._report_states[row.id] == "parked"]

    async def next_report(self) -> datetime | None:
        return min((self._report_free_at(row) for row in self._waiting_reports()), default=None)

    async def report_backlog(self) -> int:
        return sum(state in ("waiting", "parked") for state in self._report_states.values())

    def _send_reports(self, told: Sequence[Report], at: datetime) -> None:
        for report in told:
            for row in self._reports.values():
                if row.report.key == report.key and self._report_states[row.id] in (
                    "waiting",
                    "parked",
                ):
                    self._report_states[row.id] = "superseded"
            row_id = len(self._reports) + 1
            self._reports[row_id] = ReportRow(row_id, report, 0, at.astimezone())
            self._report_states[row_id] = "waiting"

    def _report_attempted(self, row_id: int, state: str, due: datetime | None, error: str) -> None:
        self._report_leases.pop(row_id, None)
        if self._report_states.get(row_id) != "waiting":
            return
        row = self._reports[row_id]
        self._report_states[row_id] = state
        self._reports[row_id] = replace(
            row,
            attempts=row.attempts + 1,
            error=error,
            due=due.astimezone() if due is not None else row.due,
        )

    def _waiting_reports(self) -> list[ReportRow]:
        return [row for row in self._reports.values() if self._report_states[row.id] == "waiting"]

    def _report_free_at(self, row: ReportRow) -> datetime:
        lease = self._report_leases.get(row.id)
        return row.due if lease is None else max(row.due, lease[1])
