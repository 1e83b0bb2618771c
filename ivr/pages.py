"""The node's console: which pages it has, and what each is given."""

from __future__ import annotations

from ivr.call.services import local_now
from ivr.console.aftercall.pages import AftercallPages
from ivr.console.aftercall.rows import Rules
from ivr.console.board.listen import ListenPages
from ivr.console.board.pages import BoardPages
from ivr.console.calls import CallPages, Closed
from ivr.console.context import Visitor
from ivr.console.desk.pages import DeskPages
from ivr.console.desk.parts import DeskParts
from ivr.console.duty.audit import AuditPages
from ivr.console.duty.emergencies import EmergencyPages
from ivr.console.duty.pages import DutyPages
from ivr.console.duty.prompts import PromptPages
from ivr.console.duty.users import UserPages
from ivr.console.leader.pages import LeaderPages
from ivr.console.leader.parts import LeaderParts
from ivr.console.leader.phone import PhonePages
from ivr.console.server import ConsoleServer, Part
from ivr.equip import targets_of
from ivr.leader.exports import Exports
from ivr.leader.service import LeaderCallbacks
from ivr.parts import Parts
from ivr.recording.elsewhere import Recordings
from ivr.talk.targets import Targets


def parts(node: Parts) -> tuple[Part, ...]:
    """All pages, in the order of the navigation."""
    leaders = leader_parts(node)
    return (
        DeskPages(desk_parts(node)).part,
        BoardPages(node.store, node.state, node.store).part,
        ListenPages(node.state).part,
        CallPages(node.store, leaders.recordings, _closed(node, leaders)).part,
        aftercall_pages(node).part,
        EmergencyPages(node.store).part,
        DutyPages(node).part,
        PromptPages(node).part,
        UserPages(node.store).part,
        AuditPages(node.store).part,
        LeaderPages(leaders).part,
        PhonePages(node.store, node.state, node.leader_phones, node.config.leader.cleared).part,
    )


def _closed(node: Parts, leaders: LeaderParts) -> Closed:
    """A leader's call about a confidential ticket is for cleared people alone, here too."""

    async def closed(who: Visitor, call_id: str) -> bool:
        item = await node.store.leader_call_item(call_id)
        return item is not None and not leaders.open_to(who, item.ticket)

    return closed


def leader_parts(node: Parts) -> LeaderParts:
    """What the pages of leader callbacks are given."""
    config = node.config
    service = LeaderCallbacks(
        node.store,
        node.reported,
        node.leader_data,
        config.leader,
        now=local_now,
        reports=node.reporting,
    )
    exports = Exports(
        node.store,
        config.data_dir,
        hours=config.leader.export_hours,
        now=local_now,
        cleared=config.leader.cleared,
    )
    recordings = Recordings(config.data_dir, config.node_name, config.recordings)
    return LeaderParts(service, exports, node.store, recordings, local_now)


def aftercall_pages(node: Parts) -> AftercallPages:
    """The pages on ratings, missed calls and follow-ups."""
    config = node.config
    rules = Rules(
        {"missed": config.missed, "follow-up": config.follow_up},
        {kind: config.dialling.hours(kind) for kind in ("missed", "follow-up")},
        bool(config.call.gateway),
    )
    return AftercallPages(node.store, rules, config.leader.cleared, node.reporting.wake)


def desk_parts(node: Parts) -> DeskParts:
    """What the operators' desks are given."""
    config = node.config

    def targets() -> Targets:
        return targets_of(config, node.flows.data)

    return DeskParts(
        node.state,
        node.store,
        node.seats,
        node.queue,
        lambda: node.flows.data,
        {seat.name: config.sip.seat_uri(seat.name) for seat in config.sip.seats},
        targets,
        config.desk,
        node.delivery.wake,
    )


def console(node: Parts) -> ConsoleServer:
    """The console of ``node``, not yet open."""
    return ConsoleServer(node.config.console, node.store, node.state, parts(node))
