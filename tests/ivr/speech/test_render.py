"""Rendering makes what changed and nothing else, with a stand-in for the voice."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from ivr.speech import levels, render
from ivr.speech.index import read_index, script
from ivr.speech.pcm import read_own, to_float
from ivr.speech.prompts import PromptLibrary
from ivr.speech.vocabulary import Unit

VOICE = """#!{python}
import json, sys
import numpy as np, soundfile
print(json.dumps({{"ready": True}}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    open({log!r}, "a").write(job["text"] + "\\n")
    if "坏" in job["text"]:
        print(json.dumps({{"error": "nothing can be spoken"}}), flush=True)
        continue
    time = np.arange(int(24000 * 0.2 * len(job["text"]) / job["speed"])) / 24000
    speech = np.concatenate([np.zeros(9600), 0.05 * np.sin(2 * np.pi * 440 * time), np.zeros(9600)])
    soundfile.write(job["path"], speech.astype(np.float32), 24000, subtype="FLOAT")
    print(json.dumps({{"ms": 1}}), flush=True)
"""
UNITS = (Unit("unit.1.mid", "一", "一，"), Unit("unit.1.end", "一", "一。"))


class Stand:
    """A folder to render into, a stand-in voice, and what that voice was asked to say."""

    def __init__(self, folder: Path) -> None:
        self.audio = folder / "audio"
        self._log = folder / "said.txt"
        self._python = folder / "voice"
        self._python.write_text(VOICE.format(python=sys.executable, log=str(self._log)))
        self._python.chmod(0o755)

    def render(self, prompts: dict[str, str], prune: bool = True) -> list[str]:
        self._log.write_text("")
        render.render(prompts, self.audio, self._python, prune)
        return self._log.read_text().split()


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    monkeypatch.setattr(render, "units", lambda: UNITS)
    return Stand(tmp_path)


def test_only_what_changed_is_made_again(stand: Stand) -> None:
    prompts = {"a": "请稍等。", "b": "再见。"}
    assert stand.render(prompts) == ["请稍等。", "再见。", "一，", "一。"]
    kept = (stand.audio / "a.ogg").stat().st_mtime_ns
    assert stand.render({**prompts, "b": "谢谢，再见。"}) == ["谢谢，再见。"]
    assert (stand.audio / "a.ogg").stat().st_mtime_ns == kept
    (stand.audio / "a.ogg").unlink()
    assert stand.render({**prompts, "b": "谢谢，再见。"}) == ["请稍等。"]


def test_the_same_words_are_spoken_once(stand: Stand) -> None:
    assert stand.render({"a": "请稍等。", "b": "请稍等。", "c": "再见。"})[:2] == [
        "请稍等。",
        "再见。",
    ]
    assert (stand.audio / "a.ogg").read_bytes() == (stand.audio / "b.ogg").read_bytes()
    assert stand.render({"a": "请稍等。", "b": "请稍等。", "c": "请稍等。"}) == []
    assert (stand.audio / "a.ogg").read_bytes() == (stand.audio / "c.ogg").read_bytes()
    entries = read_index(stand.audio).recordings
    assert entries["c"] == entries["a"]


def test_what_nobody_asks_for_is_removed(stand: Stand) -> None:
    stand.render({"a": "请稍等。", "b": "再见。"})
    stand.render({"a": "请稍等。"})
    assert not (stand.audio / "b.ogg").exists()
    assert set(read_index(stand.audio).recordings) == {
        "a", "unit.1.mid", "unit.1.end", "tone.beep", "tone.ringback", "music.hold",
    }  # fmt: skip


def test_what_sip_workers_play_by_themselves_is_wav(stand: Stand) -> None:
    stand.render({"a": "请稍等。", "node.fallback": "系统忙，请稍等。"})
    assert {path.name for path in stand.audio.glob("*.wav")} == {
        "node.fallback.wav", "tone.beep.wav", "tone.ringback.wav", "music.hold.wav",
    }  # fmt: skip


def test_recordings_are_trimmed_levelled_and_indexed(stand: Stand) -> None:
    stand.render({"a": "请问您要办什么事情？"})
    samples = to_float(read_own(stand.audio / "a.ogg"))
    before, after = levels.edges(samples)
    assert before <= 0.07 and after <= 0.14
    assert abs(levels.active_dbfs(samples) - levels.TARGET_DBFS) < 0.5
    entry = read_index(stand.audio).recordings["a"]
    assert entry.text == "请问您要办什么事情？"
    assert entry.ms == len(samples) * 1000 // 8000


def test_a_sentence_of_two_breaths_has_a_pause_between(stand: Stand) -> None:
    assert stand.render({"a": "对的话请您按一。不对的话请您按二。"})[:2] == [
        "对的话请您按一。", "不对的话请您按二。",
    ]  # fmt: skip
    loud = levels.frame_levels(to_float(read_own(stand.audio / "a.ogg"))) > -60
    quiet = np.flatnonzero(~loud[10:-15]) + 10
    assert 20 <= len(quiet) <= 40


def test_what_was_rendered_is_not_stale(stand: Stand) -> None:
    prompts = {"a": "请按1，或者拨打12345。"}
    stand.render(prompts)
    library = PromptLibrary(prompts, shipped=stand.audio)
    assert not library.stale("a")
    assert PromptLibrary({"a": "请按2。"}, shipped=stand.audio).stale("a")


def test_a_voice_that_cannot_speak_is_an_error_that_names_the_words(stand: Stand) -> None:
    with pytest.raises(render.RenderError, match="坏"):
        stand.render({"a": "坏了。"})


@pytest.mark.parametrize(
    ("text", "breaths"),
    [
        ("请稍等", ("请稍等，",)),
        ("您还在吗？准备好了请说话。", ("您还在吗？", "准备好了请说话。")),
        ("好的，我等您。", ("好的，我等您。",)),
        ("社保卡密码重置", ("社保卡密码虫置，",)),
        ("转人工请按0，返回请按*。", ("转人工请按零，", "返回请按星号。")),
    ],
)
def test_what_the_voice_is_given(text: str, breaths: tuple[str, ...]) -> None:
    assert script(text) == breaths
