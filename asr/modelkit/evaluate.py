"""Measures a model with the real Vosk on speech it was not trained on.

Three sets, all through A-law at 8 kHz: `held_out` and `held_out_numbers`, generated sentences and
digit strings kept out of training and language model, spoken by voices that were trained on, voices
that were not, and espeak-ng; and `utterances`, the project's test set of callers' sentences in four
voices.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from asr.modelkit import g711, speech, texts, utterances, wav
from asr.modelkit.scoring import Score, score
from asr.synthesis.kokoro import Kokoro

ESPEAK = "espeak-ng"
_PER_VOICE = {"held_out": 24, "held_out_numbers": 12}


def render_held_out(sentences: list[str], folder: Path, kokoro_dir: Path) -> None:
    """Speak each voice's share of a list, named as `folder`; an index tells each file's text."""
    folder.mkdir(parents=True, exist_ok=True)
    per_voice = _PER_VOICE[folder.name]
    index: dict[str, list[str]] = {}
    engine = Kokoro(kokoro_dir)
    for position, voice in enumerate((*utterances.VOICES, ESPEAK)):
        start = position * per_voice % len(sentences)
        index[voice] = [sentences[(start + i) % len(sentences)] for i in range(per_voice)]
        if voice != ESPEAK:
            speak = utterances.kokoro_voice(engine, voice)
            utterances.render(index[voice], speak, folder / voice)
            continue
        utterances.render(index[voice], espeak_voice(), folder / voice)
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


def espeak_voice() -> Callable[[str], speech.Samples]:
    """A function from text to telephone sound with espeak-ng in its changing guises."""
    rng = random.Random("held out")
    talk = speech.espeak_speaker()

    def speak(text: str) -> speech.Samples:
        return g711.through_a_law(talk(text, rng).samples)

    return speak


def decode(model: Path, folder: Path) -> list[dict[str, object]]:
    """What the model hears in each file of a folder, by a process of its own."""
    command = [sys.executable, "-m", "asr.modelkit.decode", str(model), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=utterances.ROOT)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def silence_folder(folder: Path) -> Path:
    """Twenty stretches of five seconds in which nobody speaks, of growing loudness."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for number in range(20):
        loudness = 0.0 if number == 0 else 2.0 * 1.35**number
        sound = rng.standard_normal(5 * wav.RATE) * loudness
        samples = np.clip(sound, -32767, 32767).astype(np.int16)
        wav.write(folder / f"{number:03d}.wav", g711.through_a_law(samples))
    return folder


def measure(model: Path, said: dict[str, list[str]], folder: Path) -> dict[str, object]:
    """Scores by voice over `<folder>/<voice>/<nnn>.wav`, and everything heard."""
    scores: dict[str, object] = {}
    heard_by_voice: dict[str, list[list[str]]] = {}
    seconds = took = 0.0
    for voice, sentences in said.items():
        if not (folder / voice).is_dir():
            continue
        results = decode(model, folder / voice)
        pairs = [(sentences[int(str(r["name"]))], str(r["heard"])) for r in results]
        seconds += sum(float(str(r["seconds"])) for r in results)
        took += sum(float(str(r["took"])) for r in results)
        scores[voice] = summary(score(pairs))
        heard_by_voice[voice] = [list(pair) for pair in pairs]
    return {"scores": scores, "heard": heard_by_voice, "real_time_factor": took / max(seconds, 1)}


def summary(result: Score) -> dict[str, float]:
    """A score as plain numbers, rates in per cent."""
    return {
        **asdict(result),
        "cer": round(100 * result.character_error_rate, 1),
        "ser": round(100 * result.syllable_error_rate, 1),
        "exact_percent": round(100 * result.exact_share, 1),
    }


def evaluate(model: Path, work: Path, test_set: Path, rendered: Path) -> dict[str, object]:
    """All measurements of a model; sound that is missing is left out, not made."""
    rows = [text for text, _ in utterances.read_rows(test_set)]
    silent = decode(model, silence_folder(work / "silence"))
    generated = {
        name: measure(
            model, json.loads((work / name / "index.json").read_text("utf-8")), work / name
        )
        for name in texts.MEASURED
    }
    return {
        **generated,
        "utterances": measure(model, dict.fromkeys(utterances.VOICES, rows), rendered),
        "silent_files_heard": sum(bool(r["heard"]) for r in silent),
        "silent_files": len(silent),
        "test_sentences_in_lm": len(
            {texts.bare(row) for row in rows} & set(texts.read(work.parent / "texts", "lm"))
        ),
    }
