"""Every prompt has a sound file that says what it should; a city's own file takes its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.speech.errors import PromptMissing
from ivr.speech.pcm import ogg_bytes, read_own, to_float, write_wav
from ivr.speech.prompts import PromptLibrary
from tests.ivr.speech.conftest import PROMPTS, tone


@pytest.fixture
def override(tmp_path: Path) -> Path:
    directory = tmp_path / "city"
    directory.mkdir()
    return directory


def test_a_whole_library_has_no_problem(shipped: Path) -> None:
    assert PromptLibrary(PROMPTS, shipped=shipped).check() == []


def test_a_recording_has_its_words_and_sound(shipped: Path) -> None:
    greeting = PromptLibrary(PROMPTS, shipped=shipped).recording("greet")
    assert greeting.text == PROMPTS["greet"]
    assert greeting.path == shipped / "greet.wav"
    assert np.array_equal(greeting.pcm, read_own(shipped / "greet.wav"))


def test_a_compressed_recording_sounds_like_the_original(shipped: Path, tmp_path: Path) -> None:
    audio = shutil.copytree(shipped, tmp_path / "audio")
    (audio / "greet.wav").unlink()
    original = read_own(shipped / "greet.wav")
    (audio / "greet.ogg").write_bytes(ogg_bytes(original))
    library = PromptLibrary(PROMPTS, shipped=audio)
    assert library.check() == []
    greeting = library.recording("greet")
    assert greeting.path is None
    assert len(greeting.pcm) == len(original)
    difference = to_float(greeting.pcm) - to_float(original)
    assert np.sqrt(np.mean(difference**2)) < 0.1 * np.sqrt(np.mean(to_float(original) ** 2))


def test_a_compressed_recording_cut_short_keeps_the_line_closed(
    shipped: Path, tmp_path: Path
) -> None:
    audio = shutil.copytree(shipped, tmp_path / "audio")
    (audio / "greet.wav").unlink()
    for body in (ogg_bytes(tone(400, 100)), ogg_bytes(tone(400, 200))[:300], b"no sound at all"):
        (audio / "greet.ogg").write_bytes(body)
        (problem,) = PromptLibrary(PROMPTS, shipped=audio).check()
        assert problem.fatal and problem.kind == "unusable" and "greet.ogg" in problem.message


def test_a_lost_recording_keeps_the_line_closed_but_a_new_prompt_does_not(
    shipped: Path, tmp_path: Path
) -> None:
    audio = shutil.copytree(shipped, tmp_path / "audio")
    (audio / "greet.wav").unlink()
    library = PromptLibrary({**PROMPTS, "new.one": "新的一句"}, shipped=audio)
    problems = {problem.prompt: problem for problem in library.check()}
    assert set(problems) == {"greet", "new.one"}
    assert all(problem.kind == "missing" for problem in problems.values())
    assert problems["greet"].fatal and not problems["new.one"].fatal
    assert "greet." in problems["greet"].message
    for name in problems:
        with pytest.raises(PromptMissing, match=name):
            library.recording(name)


def test_a_missing_unit_or_tone_is_told_too(shipped: Path, tmp_path: Path) -> None:
    audio = shutil.copytree(shipped, tmp_path / "audio")
    (audio / "unit.3.mid.wav").unlink()
    (audio / "unit.word-road.mid.wav").unlink()
    (audio / "tone.ringback.wav").write_bytes(b"RIFF")
    problems = {
        problem.prompt: problem for problem in PromptLibrary(PROMPTS, shipped=audio).check()
    }
    assert {name: (problem.kind, problem.fatal) for name, problem in problems.items()} == {
        "unit.3.mid": ("missing", True),
        "unit.word-road.mid": ("missing", False),
        "tone.ringback": ("unusable", True),
    }


def test_changed_words_make_a_recording_stale(shipped: Path) -> None:
    library = PromptLibrary({**PROMPTS, "greet": "您好，请讲。"}, shipped=shipped)
    assert library.stale("greet")
    assert not library.stale("number.is")
    (problem,) = library.check()
    assert (problem.prompt, problem.kind, problem.fatal) == ("greet", "stale", False)


def test_how_a_prompt_is_written_does_not_matter_if_it_sounds_the_same(shipped: Path) -> None:
    library = PromptLibrary({**PROMPTS, "county.450502": "“海城区”"}, shipped=shipped)
    assert not library.stale("county.450502")


def test_a_citys_file_replaces_a_prompt_whatever_its_rate(shipped: Path, override: Path) -> None:
    time = np.arange(44_100) / 44_100
    stereo = 0.3 * np.sin(2 * np.pi * 700 * time)[:, None].repeat(2, axis=1)
    soundfile.write(override / "greet.wav", stereo, 44_100)
    library = PromptLibrary({**PROMPTS, "greet": "城市自己的话"}, [override], shipped)
    assert library.check() == []
    recording = library.recording("greet")
    assert recording.ms in (999, 1000)
    assert recording.path is None
    spectrum = np.abs(np.fft.rfft(recording.pcm.astype(float)))
    assert abs(int(np.argmax(spectrum)) * 1000 / recording.ms - 700) < 3


def test_a_file_put_in_place_while_the_line_is_open_is_heard_next(
    shipped: Path, override: Path
) -> None:
    library = PromptLibrary(PROMPTS, [override], shipped)
    assert library.recording("greet").path is not None
    for hertz, ms in ((500, 300), (600, 400)):
        write_wav(override / "greet.wav", tone(hertz, ms))
        assert library.recording("greet").ms == ms
    (override / "greet.wav").unlink()
    assert library.recording("greet").path == shipped / "greet.wav"


def test_an_unusable_city_file_is_named_and_the_shipped_one_plays(
    shipped: Path, override: Path
) -> None:
    (override / "greet.wav").write_bytes(b"this is an mp3, really" * 10)
    library = PromptLibrary(PROMPTS, [override], shipped)
    (problem,) = library.check()
    assert problem.fatal and problem.kind == "unusable"
    assert str(override / "greet.wav") in problem.message
    assert library.recording("greet").path == shipped / "greet.wav"


def test_a_misspelt_city_file_gets_a_hint(shipped: Path, override: Path) -> None:
    shutil.copy(shipped / "greet.wav", override / "gret.wav")
    (problem,) = PromptLibrary(PROMPTS, [override], shipped).check()
    assert problem.kind == "unknown" and not problem.fatal
    assert "greet.wav" in problem.message


def test_a_city_directory_that_is_not_there_is_told(shipped: Path, tmp_path: Path) -> None:
    (problem,) = PromptLibrary(PROMPTS, [tmp_path / "none"], shipped).check()
    assert problem.fatal and "none" in problem.message


def test_the_first_city_directory_wins(shipped: Path, tmp_path: Path) -> None:
    for name, ms in (("a", 300), ("b", 500)):
        (tmp_path / name).mkdir()
        write_wav(tmp_path / name / "greet.wav", tone(500, ms))
    library = PromptLibrary(PROMPTS, [tmp_path / "a", tmp_path / "b"], shipped)
    assert library.recording("greet").ms == 300
    (tmp_path / "a" / "greet.wav").unlink()
    assert library.recording("greet").ms == 500
