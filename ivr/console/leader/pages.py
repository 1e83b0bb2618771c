"""All pages of leader callbacks, as a part of the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from ivr.console.context import Page
from ivr.console.leader.cases import CasePages
from ivr.console.leader.exporting import ExportPages
from ivr.console.leader.item import ItemPages
from ivr.console.leader.parts import LeaderParts
from ivr.console.leader.plan import PlanPages
from ivr.console.leader.promises import PromisePages
from ivr.console.leader.session import SessionPages
from ivr.console.leader.statistics import StatisticsPages


@dataclass(frozen=True)
class LeaderPages:
    """Everything below ``/leader`` but the telephone (:mod:`ivr.console.leader.phone`)."""

    parts: LeaderParts

    def part(self, app: web.Application) -> Sequence[Page]:
        """Adds these routes."""
        entries: list[Page] = []
        for pages in (
            PlanPages(self.parts),
            SessionPages(self.parts),
            ItemPages(self.parts),
            CasePages(self.parts),
            PromisePages(self.parts),
            ExportPages(self.parts),
            StatisticsPages(self.parts),
        ):
            entries.extend(pages.part(app))
        return entries
