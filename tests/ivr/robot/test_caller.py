"""A scripted call that does not go as written says where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.robot import caller
from ivr.robot.caller import Caller
from ivr.robot.mouth import Mouth
from ivr.robot.script import Script, Step
from ivr.sip.phone import RobotPhone


@pytest.mark.parametrize(
    ("longest_wait_s", "longest_s", "why"),
    [(1.0, 30.0, "no prompt came within 1 s"), (30.0, 2.0, "the whole call not over in 2 s")],
)
async def test_a_prompt_that_does_not_come_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    longest_wait_s: float,
    longest_s: float,
    why: str,
) -> None:
    monkeypatch.setattr(caller, "LONGEST_WAIT_S", longest_wait_s)
    steps = (Step(key="1"), Step(wait="prompt"), Step(hangup=True))
    script = Script("x", steps, longest_s=longest_s)
    async with RobotPhone("silent") as silent, Mouth(tmp_path) as mouth:
        silent.answers(0.0)
        report = await Caller(script, mouth, tmp_path).call(silent.uri)
    assert not report.completed
    assert report.trouble == f"step 2, wait: prompt: {why}"
