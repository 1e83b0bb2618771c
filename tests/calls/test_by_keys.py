"""A caller who says nothing: keys alone take a matter from the greeting to the platform."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import RobotPhone
from tests.calls.line import CALLER, Line, open_line
from tests.until import until

# Menu, 反映问题, 道路交通, 路面破损积水, 银海区, 侨港镇, 今天, 来电号码, 不保密, 都对.
KEYS = "1122241121"


def _taken(line: Line, keys: int) -> bool:
    return len(line.said("caller")) == keys


async def test_a_matter_is_taken_down_by_keys_alone(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        call = await line.call(phone)
        await line.hotline_says("本次通话将被录音")
        for number, key in enumerate(KEYS, start=1):
            await call.send_key(key)
            await until(partial(_taken, line, number))
        await line.hotline_says("工单号")
        (received,) = await line.tickets(1)
        await call.hang_up()
        ticket = received.ticket
        assert ticket.recognised.intent == "cmp.road"
        assert (ticket.address.county, ticket.address.town) == ("银海区", "侨港镇")
        assert ticket.contact.number == CALLER
        assert ticket.complete
    (audio,) = tmp_path.glob("recordings/*/*/*/*.wav")
    manifest = read_manifest(manifest_of(audio))
    assert manifest.tickets == (ticket.ticket_no,)
    assert manifest.ms > 1000
    assert [spoken.text for spoken in manifest.lines if spoken.who == "caller"] == list(KEYS)
