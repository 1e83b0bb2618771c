"""The same line called by a third make of phone: baresip, with real sound both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.sip import messages as m
from tests.peers.baresip import calling, heard, type_key

from .conftest import Open
from .sounds import where, write_wav

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("codec", ["PCMA", "PCMU", "G722"])
async def test_both_sides_hear_each_other_and_keys_arrive(
    shared: Open, prompt: Path, tmp_path: Path, codec: str
) -> None:
    rate = 16000 if codec == "G722" else 8000
    sound = write_wav(tmp_path / "speech.wav", 700, 20, rate)
    async with calling(shared.uri, tmp_path, sound, f"{codec}/{rate}/1") as phone:
        held = await shared.board.next()
        assert (await held.reaches("up")).codec == codec
        held.send(m.Play(1, (str(prompt),)))
        await held.hears_tone(700)
        for count, key in enumerate("15#", start=1):
            await type_key(phone, key)
            await held.keys(count)
        assert await held.keys(3) == "15#"
        assert (await held.played(1)).completed
    await held.reaches("ended")
    heard_rate, pcm = heard(tmp_path)
    assert where(pcm, 440 * 8000 / heard_rate)
