"""A small node for tests that kill it: answers and records every call.

Orders for the present call come on standard input, a line of JSON each; it tells on standard
output when it is ready, when it records, and what becomes of further legs.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from ivr.sip import messages as m
from ivr.sip.line import PhoneLine
from ivr.sip.pool import WorkerCall
from ivr.sip.settings import SipSettings


async def serve(settings: SipSettings) -> None:
    calls: list[WorkerCall] = []

    async def on_call(call: WorkerCall) -> None:
        calls.append(call)
        call.send(m.Answer())
        async for message in call:
            if isinstance(message, m.LegChanged) and (message.leg, message.state) == (0, "up"):
                call.send(m.StartRecording(str(Path(settings.run_dir) / "call.wav")))
            if isinstance(message, m.LegChanged) and message.leg:
                print("leg", message.leg, message.state, flush=True)  # noqa: T201
            if isinstance(message, m.Audio) and message.at_ms > 200 and message.leg == 0:
                print("recording", flush=True)  # noqa: T201

    async with PhoneLine(settings, on_call) as line:
        print("ready", *line.pool.pids.values(), flush=True)  # noqa: T201
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while order := await reader.readline():
            calls[-1].send(msgspec.json.decode(order, type=m.ToWorker))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[1], type=SipSettings)))
