"""Vosk's answers made into results. Runs where libvosk is: in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from asr.probe import PROBE_TEXT


def run(code: str) -> str:
    """Run ``code`` beside libvosk: loading it here could deadlock with other native code."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


PRELUDE = """
    from asr.vosk_engine import combine, readings_of
    def entry(score, *words):
        return {"confidence": score, "text": "", "result": [
            {"word": w, "start": 10.0 + n, "end": 11.0 + n} for n, w in enumerate(words)]}
"""


def test_an_n_best_list_gives_confidences_and_alternatives() -> None:
    said = run(
        PRELUDE
        + """
    answer = {"alternatives": [entry(5.0, "路灯", "坏了"), entry(5.0, "路灯", "换了")]}
    result = combine([readings_of(answer, 10.0)], 5)
    print(result.text, result.alternatives, [(w.text, w.start, w.confidence) for w in result.words])
    """
    )
    assert said == "路灯坏了 ('路灯换了',) [('路灯', 0.0, 1.0), ('坏了', 1.0, 0.5)]"


def test_pieces_are_joined_best_combinations_first() -> None:
    said = run(
        PRELUDE
        + """
    first = {"alternatives": [entry(9.0, "我要"), entry(8.0, "我叫")]}
    second = {"alternatives": [entry(9.0, "投诉"), entry(6.0, "头数"), entry(4.0, "[unk]")]}
    result = combine([readings_of(a, 10.0) for a in (first, second)], 4)
    print(result.text, result.alternatives)
    """
    )
    assert said == "我要投诉 ('我叫投诉', '我要头数', '我叫头数')"


def test_vosks_own_confidences_are_kept_where_it_gives_them() -> None:
    said = run(
        PRELUDE
        + """
    answer = {"text": "你好", "result": [{"word": "你好", "start": 0, "end": 1, "conf": 0.25}]}
    result = combine([readings_of(answer, 0.0)], 1)
    print(result.text, result.confidence, result.alternatives)
    """
    )
    assert said == "你好 0.25 ()"


@pytest.mark.parametrize(
    "answer",
    ['{"text": ""}', '{"alternatives": [{"confidence": 9.0, "text": ""}]}', '{"alternatives": []}'],
)
def test_silence_is_an_empty_result(answer: str) -> None:
    said = run(
        PRELUDE
        + f"""
    import json
    readings = readings_of(json.loads('{answer}'), 0.0)
    print(repr(combine([readings] if readings else [], 5)))
    """
    )
    assert said == "Result(text='', words=(), confidence=0.0, alternatives=())"


def test_wherever_an_utterance_ends_nothing_of_it_is_left_in_its_recogniser(
    model_dir: Path,
) -> None:
    # Vosk keeps sound when an utterance ends right where it made a cut of its own: end it at
    # every place, so that some are such.
    said = run(
        f"""
    from asr.probe import probe_pcm
    from asr.vosk_engine import VoskEngine
    engine = VoskEngine({str(model_dir)!r}, spare=1)
    speech = probe_pcm()
    # With pauses longer than the model's own endpoint rules, so that Vosk makes cuts.
    talk = (speech + bytes(16000 * 2)) * 2

    def hear(stream, pcm, step):
        for at in range(0, len(pcm), step):
            stream.accept(pcm[at:at + step])
        return stream

    cuts, left = 0, set()
    for step in (1600, 8000):
        for stop in range(step, len(talk), step):
            earlier = hear(engine.open(), talk[:stop], step)
            cuts += earlier._cut
            earlier.discard() if stop // step % 2 else earlier.finish()
            left.add(hear(engine.open(), speech, step).finish().text)
    print(cuts > 0, left)
    """
    )
    assert said == f"True {{'{PROBE_TEXT}'}}"


def test_only_the_engine_module_imports_vosk() -> None:
    said = run(
        """
    import sys
    import asr.decoder, asr.library, asr.listener, asr.scripted, asr.transcribe
    print("vosk" in sys.modules)
    """
    )
    assert said == "False"
