"""Measures a model with the real Vosk on speech it was not trained on.

All through A-law at 8 kHz: `held_out` and `held_out_numbers`, generated sentences and digit strings
kept out of training and language model; `lone`, answers of a word, too short to be kept out;
`word_times`, such answers one after the other; all in voices that were trained on, voices that were
not, espeak-ng, and an engine never trained on where it is installed; and `utterances`, the
project's test set of callers' sentences.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from asr.modelkit import g711, other_voice, pinyin, speech, texts, utterances, wav, word_times
from asr.modelkit.scoring import Score, score
from asr.synthesis.kokoro import Kokoro

ESPEAK = "espeak-ng"
LONE = "lone"
_PER_VOICE = {"held_out": 24, "held_out_numbers": 12, LONE: 50}
_TIMED_FILES = 24


def render_all(lists: Path, folder: Path, kokoro_dir: Path) -> None:
    """Speak all that is measured by, below `folder`; what is there already is kept."""
    for name in texts.MEASURED:
        render_held_out(texts.read(lists, name), folder / name, kokoro_dir)
    render_held_out(texts.lone_answers(), folder / LONE, kokoro_dir)
    index: dict[str, list[str]] = json.loads((folder / LONE / "index.json").read_text("utf-8"))
    for voice, words in index.items():
        spoken = {word: folder / LONE / voice / f"{n:03d}.wav" for n, word in enumerate(words)}
        target = folder / "word_times" / voice
        word_times.compose(spoken, target, _TIMED_FILES, f"times {voice}")


def render_held_out(sentences: list[str], folder: Path, kokoro_dir: Path) -> None:
    """Speak each voice's share of a list, named as `folder`; an index tells each file's text."""
    folder.mkdir(parents=True, exist_ok=True)
    per_voice = min(_PER_VOICE[folder.name], len(sentences))
    index: dict[str, list[str]] = {}
    engine = Kokoro(kokoro_dir)
    others = (ESPEAK, other_voice.NAME) if other_voice.installed() else (ESPEAK,)
    for position, voice in enumerate((*utterances.VOICES, *others)):
        start = position * per_voice % len(sentences)
        index[voice] = [sentences[(start + i) % len(sentences)] for i in range(per_voice)]
        if voice == other_voice.NAME:
            render_other(index[voice], folder / voice)
        elif voice == ESPEAK:
            utterances.render(index[voice], espeak_voice(), folder / voice)
        else:
            speak = utterances.kokoro_voice(engine, voice)
            utterances.render(index[voice], speak, folder / voice)
    (folder / "index.json").write_text(json.dumps(index, ensure_ascii=False), encoding="utf-8")


def render_other(sentences: list[str], folder: Path) -> None:
    """Speak each text with the engine that is never trained on, as telephone sound."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{number:03d}.wav" for number in range(len(sentences))]
    with tempfile.TemporaryDirectory() as wide:
        wanted = [n for n, name in enumerate(names) if not (folder / name).exists()]
        paths = [Path(wide) / names[n] for n in wanted]
        other_voice.say([pinyin.letters_as_hanzi(sentences[n]) for n in wanted], paths)
        for path in paths:
            sound, rate = soundfile.read(path, dtype="float32")
            samples = speech.to_telephone_rate(sound, rate)
            wav.write(folder / path.name, g711.through_a_law(samples))


def espeak_voice() -> Callable[[str], speech.Samples]:
    """A function from text to telephone sound with espeak-ng in its changing guises."""
    rng = random.Random("held out")
    talk = speech.espeak_speaker()

    def speak(text: str) -> speech.Samples:
        return g711.through_a_law(talk(text, rng).samples)

    return speak


def decode(model: Path, folder: Path) -> list[dict[str, Any]]:
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


def measure_times(model: Path, folder: Path) -> dict[str, float]:
    """How far words' times are from where they were said, over a composed folder."""
    heard = {
        str(r["name"]): [(str(w), float(b), float(e)) for w, b, e in r["words"]]
        for r in decode(model, folder)
    }
    return asdict(word_times.compare(folder, heard))


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
        for name in (*texts.MEASURED, LONE)
    }
    return {
        **generated,
        "utterances": measure(model, dict.fromkeys(utterances.VOICES, rows), rendered),
        "utterances_other": measure(model, {other_voice.NAME: rows}, work / "utterances"),
        "word_times": {
            folder.name: measure_times(model, folder)
            for folder in sorted((work / "word_times").iterdir())
        },
        "silent_files_heard": sum(bool(r["heard"]) for r in silent),
        "silent_files": len(silent),
        "test_sentences_in_lm": len(
            {texts.bare(row) for row in rows} & set(texts.read(work.parent / "texts", "lm"))
        ),
    }
