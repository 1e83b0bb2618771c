"""Robot scripts and the robot's ear."""

from pathlib import Path

import numpy as np
import pytest

from ivr.robot.ear import Ear
from ivr.robot.script import ScriptError, load_script


def script(tmp_path: Path, steps: str) -> Path:
    path = tmp_path / "call.yaml"
    path.write_text(f"name: x\nsteps:\n{steps}", encoding="utf-8")
    return path


def test_keys_stay_text(tmp_path: Path) -> None:
    loaded = load_script(script(tmp_path, '  - wait: prompt\n  - key: "012"\n'))
    assert loaded.steps[1].key == "012"


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ("  - key: 12\n", r"Expected `str`, got `int` - at `\$\.steps\[0\]\.key`"),
        ('  - key: "1"\n    say: 你好\n', "exactly one"),
        ('  - key: "1x"\n', "not a telephone key"),
        ("  - shout: 你好\n", "shout"),
        ("  - [\n", "call.yaml"),
    ],
)
def test_a_bad_step_is_named(tmp_path: Path, steps: str, complaint: str) -> None:
    with pytest.raises(ScriptError, match=complaint):
        load_script(script(tmp_path, steps))


def frames(level: float, seconds: float) -> list[bytes]:
    wave = (level * np.sin(np.arange(160) * 0.5)).astype(np.int16).tobytes()
    return [wave] * round(seconds / 0.02)


def test_a_prompt_is_over_after_sound_and_a_pause() -> None:
    ear = Ear()
    for frame in frames(0, 2):
        ear.hear(frame)
    assert not ear.prompt_over
    for frame in frames(3000, 1):
        ear.hear(frame)
    assert ear.sounding
    assert not ear.prompt_over
    for frame in frames(0, 1):
        ear.hear(frame)
    assert ear.prompt_over
    ear.forget()
    assert not ear.prompt_over
