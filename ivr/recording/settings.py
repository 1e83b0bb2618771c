"""What can be configured of recordings."""

from __future__ import annotations

import msgspec

_LEAST_SECRET = 16


class RecordingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a console plays what another node has recorded.

    ``nodes`` is where the nodes' own HTTP is, with ``{node}`` for a node's name
    ("http://{node}:8013"); ``secret`` is the same on all nodes. Without both, recordings are
    played at the node that made them, and no node gives any to another.
    """

    nodes: str = ""
    secret: str = ""

    def __post_init__(self) -> None:
        if bool(self.nodes) != bool(self.secret):
            raise ValueError("nodes and secret are set both or not at all")
        if self.nodes and "{node}" not in self.nodes:
            raise ValueError('nodes must have {node} in it: "http://{node}:8013"')
        if self.secret and len(self.secret) < _LEAST_SECRET:
            raise ValueError(f"secret must have at least {_LEAST_SECRET} characters")
