"""Settings of a call's life."""

from __future__ import annotations

import msgspec


class CallSettings(msgspec.Struct, frozen=True):
    """How calls are handled.

    ``operator`` is the SIP address of the operator's phone or queue; ``targets`` the SIP
    addresses of other transfer targets by number ("119" = "sip:119@gateway"). A target not
    named there is dialled as ``gateway`` with ``{number}`` filled in, if that is set.
    ``ring_s`` is how long a transfer rings before it counts as unanswered, ``handoff_s`` how
    long the hand-off card may take before the phone rings all the same.
    """

    operator: str = ""
    targets: dict[str, str] = {}
    gateway: str = ""
    ring_s: float = 25.0
    handoff_s: float = 2.0

    def uri(self, target: str) -> str:
        """The SIP address to dial for ``target``, "" if there is none."""
        if target == "operator":
            return self.operator
        if target in self.targets:
            return self.targets[target]
        return self.gateway.format(number=target) if self.gateway else ""
