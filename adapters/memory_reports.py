"""The in-memory twin of reports that wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.memory_outbox import Kept, MemoryOutbox
from adapters.reports import Report


@dataclass(kw_only=True)
class _Kept(Kept):
    report: Report


class MemoryReports:
    """Implements :class:`adapters.reports.ReportStore` without a database."""

    def __init__(self) -> None:
        self.reports: MemoryOutbox[_Kept, Report] = MemoryOutbox(lambda row: row.report)

    def _send_reports(self, told: Sequence[Report], at: datetime) -> None:
        for report in told:
            older = [row for row in self.reports.rows.values() if row.report.key == report.key]
            self.reports.supersede(older, at)
            self.reports.put(_Kept(due=at.astimezone(), report=report))
