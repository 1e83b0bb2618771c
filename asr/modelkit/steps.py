"""The steps of the recipe, each a function of the same settings.

A finished step leaves `<step>.done` in the work folder and is skipped by the next build.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from asr.modelkit import lm, speech, texts, utterances
from asr.synthesis import kokoro

_TIMES = "times.jsonl"
# Read when torch is loaded. Kernels are compiled anew for each shape of batch, which takes as long
# as the work itself, so all are kept; and threads that wait must not spin, because the process
# that prepares the batches needs the processor meanwhile: that alone makes a step half as long.
_FOR_TORCH = {
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16384",
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "0",
}


@dataclass(frozen=True)
class Settings:
    """Where things are and how much time each costly step may take."""

    out: Path
    work: Path
    kokoro: Path = kokoro.DEFAULT_FOLDER
    test_set: Path = utterances.DEFAULT_TEST_SET
    rendered: Path = utterances.DEFAULT_TARGET
    general: Path = utterances.ROOT / ".build" / "opengram"
    project_data: Path = utterances.ROOT / "flows" / "data"
    speech_minutes: float = 42.0
    train_minutes: float = 60.0
    train_steps: int = 30000
    workers: int = 2
    silence_prior: float = 16.0

    @property
    def trained(self) -> Path:
        """The network, and how far its training is."""
        return self.work / "trained.pt"


def write_texts(settings: Settings) -> None:
    """Sentences to speak, to count and to be measured by."""
    tested = texts.read_utterances(settings.test_set)
    texts.write(settings.work / "texts", tested)


def make_speech(settings: Settings) -> None:
    """Training speech, as much as the minutes allow, in several processes."""
    lists = {kind: texts.read(settings.work / "texts", kind) for kind in speech.LISTED}
    shards = list(speech.plan(kokoro_shards=132, espeak_shards=33))
    until = time.time() + settings.speech_minutes * 60
    context = multiprocessing.get_context("spawn")
    folder = settings.work / "speech"
    workers = [
        context.Process(
            target=speech.work,
            args=(speech.share(shards, n, settings.workers), lists, settings.kokoro, folder, until),
        )
        for n in range(settings.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.exitcode != 0:
            raise RuntimeError(f"a synthesis process ended with code {worker.exitcode}")


def train_network(settings: Settings) -> None:
    """The acoustic network."""
    for name, value in _FOR_TORCH.items():
        os.environ.setdefault(name, value)
    from asr.modelkit import train

    lists = settings.work / "texts"
    kept_out = {text for name in texts.MEASURED for text in texts.read(lists, name)}
    limits = train.Limits(settings.train_steps, settings.train_minutes)
    train.train(settings.work / "speech", settings.trained, limits, kept_out)


def language_model(settings: Settings) -> lm.Model:
    """What words follow which, from the texts, the project's phrases and general Mandarin."""
    from asr.modelkit import language, opengram

    opengram.fetch(settings.general)
    lists = settings.work / "texts"
    return language.estimate(lists, settings.project_data, settings.test_set, settings.general)


def build_graph(settings: Settings) -> None:
    """The language model and the decoding graph."""
    from asr.modelkit import graph

    graph.build(language_model(settings), settings.work / "graph")


def export_model(settings: Settings) -> None:
    """The directory that Vosk opens."""
    from asr.modelkit import export, train

    net = train.read_net(settings.trained)
    export.write(net, settings.work / "graph", settings.out, settings.silence_prior)


def evaluate_model(settings: Settings) -> None:
    """Speech to measure by, the measurements, and the report beside the model."""
    from asr.modelkit import evaluate, other_voice, report

    spoken = settings.work / "eval"
    evaluate.render_all(settings.work / "texts", spoken, settings.kokoro)
    if other_voice.installed():
        rows = [text for text, _ in utterances.read_rows(settings.test_set)]
        evaluate.render_other(rows, spoken / "utterances" / other_voice.NAME)
    options = {
        "--utterances": settings.test_set,
        "--to": settings.rendered,
        "--kokoro": settings.kokoro,
    }
    utterances.main([str(part) for option in options.items() for part in option])
    found = evaluate.evaluate(
        settings.out, settings.work / "eval", settings.test_set, settings.rendered
    )
    (settings.work / "eval" / "results.json").write_text(
        json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    report.write(settings.out, found, report.training_facts(settings.work), times(settings.work))


STEPS: dict[str, Callable[[Settings], None]] = {
    "texts": write_texts,
    "speech": make_speech,
    "train": train_network,
    "graph": build_graph,
    "export": export_model,
    "evaluate": evaluate_model,
}


class Timed(NamedTuple):
    """One run of a step, or the part of it until it was stopped; loads as the system tells them."""

    step: str
    seconds: float
    finished: bool
    load_before: float
    load_after: float


def times(work: Path) -> list[Timed]:
    """All runs of steps in a work folder, in order."""
    path = work / _TIMES
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Timed(*json.loads(line)) for line in lines]


def run(name: str, settings: Settings) -> None:
    """Run one step, done or not; how long it took is written down even if it is stopped."""
    settings.work.mkdir(parents=True, exist_ok=True)
    started, load, finished = time.monotonic(), os.getloadavg()[0], False
    try:
        STEPS[name](settings)
        finished = True
    finally:
        seconds = round(time.monotonic() - started, 1)
        line = Timed(name, seconds, finished, round(load, 1), round(os.getloadavg()[0], 1))
        with (settings.work / _TIMES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    (settings.work / f"{name}.done").write_text(f"{seconds:.0f} s\n", encoding="utf-8")
    print(f"{name}: {seconds:.0f} s", flush=True)


def build(settings: Settings) -> None:
    """Run all steps that are not done yet."""
    for name in STEPS:
        if (settings.work / f"{name}.done").exists():
            print(f"{name}: done before")
        else:
            run(name, settings)
