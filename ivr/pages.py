"""The node's console: which pages it has, and what each is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr.console.board.listen import ListenPages
from ivr.console.board.pages import BoardPages
from ivr.console.calls import CallPages
from ivr.console.leader.phone import PhonePages
from ivr.console.server import ConsoleServer, Part

if TYPE_CHECKING:
    from ivr.node import Node


def parts(node: Node) -> tuple[Part, ...]:
    """All pages, in the order of the navigation."""
    return (
        BoardPages(node.store, node.state, node.store).part,
        ListenPages(node.state).part,
        CallPages(node.store, node.config.data_dir).part,
        PhonePages(node.store, node.state, node.leader_phones).part,
    )


def console(node: Node) -> ConsoleServer:
    """The console of ``node``, not yet open."""
    return ConsoleServer(node.config.console, node.store, node.state, parts(node))
