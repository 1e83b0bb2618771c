"""The README beside the model: what it was trained on and what it was measured to do."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from asr.modelkit import evaluate, export, speech

_HEAD = """# zh-8k-synthetic

A Mandarin model for Vosk at 8 kHz, **synthetic-trained**: every second of speech it learned from
was made by speech synthesis, and no person was heard. It makes the genuine Vosk path run on any
machine, for tests and demonstration. Expect it to fail on real people: a site that answers
callers installs a model trained on people and keeps this one for its tests.

Open it with `KaldiRecognizer(model, 8000)`. The graph is fixed: it takes no word lists at run
time. Vosk's own endpoint rules are set long (1.2 s and more); whoever uses it decides when a
caller has finished. Licence: the project's. Rebuilt by `python -m asr.modelkit build`.
"""

_NOTES = """
CER counts hanzi, SER toneless syllables (what a search by sound still misses). Both sets went
through A-law at 8 kHz and were decoded by libvosk 0.3.45, clean speech without added noise. The
held-out sentences come from the same templates as the training sentences and none of them is in
the training speech or the language model; the test set is `bench/data/utterances.tsv`, written
independently of the templates and kept out of everything too. All voices are synthetic, the
unseen ones included: **these figures say nothing about people**.
The language model's smoothing, the acoustic scale and the prior of silence were chosen on 37
recordings of the test set, which makes its figures somewhat optimistic.
"""


def training_facts(work: Path) -> dict[str, Any]:
    """Minutes of speech by engine and kind, and how long the steps took."""
    import numpy as np

    minutes: dict[str, float] = defaultdict(float)
    for path in sorted((work / "speech").glob("[!.]*.npz")):
        with np.load(path) as shard:
            minutes[path.stem.rsplit("-", 1)[0]] += float(shard["lengths"].sum()) / speech.RATE / 60
    took = {path.stem: path.read_text(encoding="utf-8").strip() for path in work.glob("*.done")}
    words = sum(1 for _ in (work / "graph" / "words.txt").open(encoding="utf-8")) - 1
    return {"minutes": dict(minutes), "took": took, "words": words}


def kind_of(voice: str) -> str:
    """Whether the network has heard the voice before."""
    if voice == evaluate.ESPEAK:
        return "seen, other synthesiser"
    return "unseen" if voice in speech.HELD_OUT_VOICES else "seen"


def table(title: str, scores: dict[str, dict[str, float]]) -> list[str]:
    """One set's scores as a Markdown table."""
    lines = [f"\n## {title}\n", "| voice | trained on | utterances | CER % | SER % | all right % |"]
    lines.append("|---|---|---|---|---|---|")
    for voice, found in scores.items():
        lines.append(
            f"| {voice} | {kind_of(voice)} | {found['utterances']:.0f} | {found['cer']} "
            f"| {found['ser']} | {found['exact_percent']} |"
        )
    return lines


def write(model: Path, found: dict[str, Any], facts: dict[str, Any]) -> None:
    """Write `README.md` into the model's directory."""
    minutes = facts["minutes"]
    heard = ", ".join(f"{name} {value:.0f} min" for name, value in sorted(minutes.items()))
    voices = ", ".join(speech.TRAINING_VOICES)
    lines = [_HEAD, "## Trained on\n"]
    lines.append(
        f"{sum(minutes.values()):.0f} minutes of synthetic speech ({heard}), distorted anew in "
        f"every pass: pace and pitch, room, handset, noise, packet loss, A-law and µ-law. Kokoro "
        f"voices: {voices}, and blends of them with each other and with Kokoro's other voices; "
        f"kept for measuring: {', '.join(speech.HELD_OUT_VOICES)}. Vocabulary: {facts['words']} "
        f"words, trigram language model."
    )
    lines.extend(table("Held-out sentences", found["held_out"]["scores"]))
    lines.extend(table("Test set of callers' sentences", found["utterances"]["scores"]))
    lines.append(_NOTES)
    lines.append(
        f"Real-time factor {found['utterances']['real_time_factor']:.3f} on one core. Of "
        f"{found['silent_files']} files of five seconds without speech, from dead silence to loud "
        f"hiss, {found['silent_files_heard']} gave words. "
        f"Size on disk {export.size(model) / 1e6:.1f} MB."
    )
    (model / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
