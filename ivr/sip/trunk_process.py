"""The trunk's own process: keeps one registration, tells its status."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

import msgspec

from ivr.sip.pj.stack import Stack
from ivr.sip.processes import TrunkOrder, TrunkState, TrunkStatus

# A wrong password does not get better by asking often.
_RETRY_REFUSED_S = 60.0


def main() -> None:
    """The process: one order on standard input, a status a line on standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    order = msgspec.json.decode(sys.stdin.readline(), type=TrunkOrder)
    stack = Stack(order.stack)
    retry_at = 0.0

    def registered(code: int, reason: str, valid_s: int) -> None:
        nonlocal retry_at
        if code // 100 == 2:
            state: TrunkState = "registered" if valid_s > 0 else "off"
        elif code in (408, 0) or code // 100 == 5:
            state = "unreachable"
        else:
            state = "refused"
            retry_at = time.monotonic() + _RETRY_REFUSED_S
        status = TrunkStatus(state, code, reason)
        os.write(1, msgspec.json.encode(status) + b"\n")

    stack.registered = registered
    stack.join(order.registration)
    while not select.select([0], [], [], 0)[0]:
        stack.poll(100)
        if retry_at and time.monotonic() > retry_at:
            retry_at = 0.0
            stack.register(True)
    stack.register(False)
    until = time.monotonic() + 2.0
    while stack.registering and time.monotonic() < until:
        stack.poll(20)
    os._exit(0)


if __name__ == "__main__":
    main()
