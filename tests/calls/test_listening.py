"""Barge-in on real calls: speech stops a prompt and keeps its first word, a cough does not.

The caller's speech is synthetic (recorded from Kokoro).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ivr.robot.mouth import SHIPPED, read_index
from ivr.sip.phone import RobotPhone
from ivr.sip.sound import read_wav
from tests.calls.line import CALLER, open_line
from tests.until import until

WORDS = "我们小区门口的路灯坏了半个月了"
CUT = "（被打断）"


def recorded(text: str) -> bytes:
    """A shipped recording of a caller."""
    return read_wav(str(SHIPPED / next(one.file for one in read_index() if one.text == text)))


def cough() -> bytes:
    """A tenth of a second of loud noise."""
    noise = np.random.default_rng(1).normal(0, 6000, 800)
    return np.clip(noise, -32000, 32000).astype("<i2").tobytes()


async def test_speech_stops_the_prompt_and_its_first_word_is_heard(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        call = await line.call(phone)
        await line.hotline_says("本次通话将被录音")
        await call.play(recorded(WORDS))
        await until(lambda: bool(line.said("caller")))
        assert line.said("caller")[0].startswith("我们小区")
        question = next(text for text in line.said("hotline") if "请直接说您要办什么" in text)
        assert question.endswith(CUT)
        await call.hang_up()


async def test_a_cough_does_not_stop_the_prompt(tmp_path: Path) -> None:
    async with open_line(tmp_path) as line, RobotPhone(CALLER) as phone:
        call = await line.call(phone)
        await line.hotline_says("本次通话将被录音")
        await call.play(cough())
        await line.hotline_says("请直接说您要办什么")
        assert not any(text.endswith(CUT) for text in line.said("hotline"))
        await call.hang_up()
