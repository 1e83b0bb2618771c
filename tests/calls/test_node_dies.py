"""The node killed in mid-call: callers reach a person, and the next start loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.server import Simulator
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import PhoneError, RobotPhone
from ivr.sip.tones import tone
from tests.calls.line import CALLER, line_config
from tests.calls.process import complain, prompt_over, serving, taken_down
from tests.until import until

CALLER_HZ = 520.0
OPERATOR_HZ = 1130.0


@pytest.mark.timeout(180)
async def test_a_node_killed_in_mid_call_loses_nothing(tmp_path: Path) -> None:
    async with Simulator() as platform, RobotPhone("operator") as operator:
        operator.answers(0.2)
        config = line_config(tmp_path, platform, operator.uri)
        async with RobotPhone(CALLER) as phone:
            async with serving(config) as node:
                call = await phone.dial(config.sip.uri, codec="PCMA")
                await call.up()
                await prompt_over(call)
                await complain(call)
                await taken_down(config, "银海区")
                await call.play(tone(600, 2.0))
                node.kill()
                await node.wait()
                # The worker lives on, and rings the operator.
                person = await operator.incoming(40)
                await person.up()
                await call.play(tone(CALLER_HZ, 8.0), loop=True)
                await person.play(tone(OPERATOR_HZ, 8.0), loop=True)
                await call.hears_tone(OPERATOR_HZ, timeout_s=20)
                await person.hears_tone(CALLER_HZ, timeout_s=20)
            await call.hang_up()
            with pytest.raises(PhoneError):
                await person.reaches("held", 5)
        async with serving(config):
            received = await until(platform.tickets)
        (one,) = received
        assert not one.ticket.complete
        assert one.ticket.address.county == "银海区"
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    manifest = read_manifest(manifest_of(audio))
    assert manifest.outcome == "interrupted"
    assert manifest.tickets == (one.ticket.ticket_no,)
    assert manifest.ms > 2000
