"""The steps of the recipe, each a function of the same settings.

A finished step leaves `<step>.done` in the work folder and is skipped by the next build.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from asr.modelkit import speech, texts, utterances
from asr.synthesis import kokoro


@dataclass(frozen=True)
class Settings:
    """Where things are and how much time each costly step may take."""

    out: Path
    work: Path
    kokoro: Path = kokoro.DEFAULT_FOLDER
    test_set: Path = utterances.DEFAULT_TEST_SET
    rendered: Path = utterances.DEFAULT_TARGET
    project_data: Path = utterances.ROOT / "flows" / "data"
    speech_minutes: float = 45.0
    train_minutes: float = 30.0
    tune_minutes: float = 15.0
    train_steps: int = 4000
    workers: int = 2
    silence_prior: float = 4.0

    @property
    def trained(self) -> Path:
        """The network with norms."""
        return self.work / "trained.pt"

    @property
    def tuned(self) -> Path:
        """The network without norms, which is shipped."""
        return self.work / "tuned.pt"


def write_texts(settings: Settings) -> None:
    """Sentences to speak, to count and to be measured by."""
    tested = texts.read_utterances(settings.test_set)
    texts.write(settings.work / "texts", tested)


def make_speech(settings: Settings) -> None:
    """Training speech, as much as the minutes allow, in several processes."""
    lists = {kind: texts.read(settings.work / "texts", kind) for kind in ("domain", "short")}
    shards = list(speech.plan(kokoro_shards=96, espeak_shards=26))
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
    from asr.modelkit import train

    limits = train.Limits(settings.train_steps, settings.train_minutes)
    train.train(settings.work / "speech", settings.trained, limits)


def tune_network(settings: Settings) -> None:
    """The same network, its norms folded, trained on."""
    from asr.modelkit import train

    limits = train.Limits(settings.train_steps, settings.tune_minutes)
    train.tune(settings.work / "speech", settings.trained, settings.tuned, limits)


def build_graph(settings: Settings) -> None:
    """The language model and the decoding graph."""
    from asr.modelkit import graph, language

    model = language.estimate(settings.work / "texts", settings.project_data, settings.test_set)
    graph.build(model, settings.work / "graph")


def export_model(settings: Settings) -> None:
    """The directory that Vosk opens."""
    from asr.modelkit import export, train

    net = train.read_net(settings.tuned, norms=False)
    export.write(net, settings.work / "graph", settings.out, settings.silence_prior)


def evaluate_model(settings: Settings) -> None:
    """Speech to measure by, the measurements, and the report beside the model."""
    from asr.modelkit import evaluate, report

    held_out = texts.read(settings.work / "texts", "held_out")
    evaluate.render_held_out(held_out, settings.work / "eval" / "held_out", settings.kokoro)
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
    report.write(settings.out, found, report.training_facts(settings.work))


STEPS: dict[str, Callable[[Settings], None]] = {
    "texts": write_texts,
    "speech": make_speech,
    "train": train_network,
    "tune": tune_network,
    "graph": build_graph,
    "export": export_model,
    "evaluate": evaluate_model,
}


def run(name: str, settings: Settings) -> None:
    """Run one step, done or not, and say how long it took."""
    settings.work.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    STEPS[name](settings)
    seconds = time.monotonic() - started
    (settings.work / f"{name}.done").write_text(f"{seconds:.0f} s\n", encoding="utf-8")
    print(f"{name}: {seconds:.0f} s", flush=True)


def build(settings: Settings) -> None:
    """Run all steps that are not done yet."""
    for name in STEPS:
        if (settings.work / f"{name}.done").exists():
            print(f"{name}: done before")
        else:
            run(name, settings)
