"""Render the prompts that changed: ``python -m ivr.speech.render`` (``make prompts``).

Every fixed prompt of the flows and every unit of the vocabulary becomes an 8 kHz Ogg Opus file
beside ``audio/index.json``, or a WAV if SIP workers play it by themselves; one whose words and
recipe are unchanged is left alone, and what nobody asks for any more is removed.
"""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec
import numpy as np
import soundfile

from flows.prompts import all_prompts
from flows.yamlfile import data_root
from ivr.speech import levels, pcm, tones
from ivr.speech.index import (
    FILE_NAME,
    RECIPE,
    Entry,
    Index,
    identity,
    read_index,
    script,
    write_index,
)
from ivr.speech.prompts import SHIPPED, shipped_file
from ivr.speech.vocabulary import units

log = logging.getLogger(__name__)

VOICE = "zf_xiaobei"
_ROOT = Path(__file__).resolve().parents[2]
BUILD_PYTHON = _ROOT / ".venv-build" / "bin" / "python"
_TONES = {
    "tone.beep": tones.beep,
    "tone.ringback": tones.ringback,
    "music.hold": tones.hold_music,
}
# Played by SIP workers while nobody else can, so not in need of decoding.
_BY_WORKERS = {"node.fallback", *_TONES}
# Pauses between what is recorded apart, beside the margins of its parts.
_INNER_BEFORE_MS = 20
_INNER_AFTER_MS = 60
_COMMA_MS = 60
_STOP_MS = 220
_SHORTEST_MS = 80
# Slower than this, in milliseconds a character, the voice has gone wrong.
_SLOWEST_MS = 900


class RenderError(Exception):
    """A recording did not come out; the message names it and says why."""


class Job(msgspec.Struct, frozen=True):
    """One recording to make: its id, its text, what the voice reads, and its margins.

    ``script`` is what is read between two breaths, in order.
    """

    id: str
    text: str
    script: tuple[str, ...]
    before_ms: int
    after_ms: int
    speed: float = 1.0

    @property
    def identity(self) -> str:
        """Identifies what would be heard."""
        return identity("|".join(self.script), self.speed)

    @property
    def take(self) -> tuple[str, int, int]:
        """Equal for recordings that are the same sound."""
        return self.identity, self.before_ms, self.after_ms


class Voice:
    """The recording voice in its own process."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._path = folder / "speech.wav"

    def speak(self, said: str, speed: float = 1.0, voice: str = VOICE) -> pcm.Samples:
        """Samples at 8 kHz; raises :class:`RenderError`."""
        job = {"text": said, "path": str(self._path), "voice": voice, "speed": speed}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job, ensure_ascii=False) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        if "error" in answer:
            raise RenderError(f"{said}: {answer['error']}")
        samples, rate = soundfile.read(self._path, dtype="float32")
        return pcm.resample(samples, rate)

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RenderError("the voice process ended; deploy/build-venv.sh sets the voice up")
        return msgspec.json.decode(line, type=dict[str, object])


@contextmanager
def open_voice(python: Path) -> Iterator[Voice]:
    """Start the voice in the build environment; closed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [str(python), "-m", "ivr.speech.voice"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        try:
            voice = Voice(process, Path(folder))
            voice._answer()
            yield voice
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=30)


def jobs(prompts: Mapping[str, str]) -> list[Job]:
    """Everything to be recorded: prompts as sentences, units with hardly a margin."""
    sentences = [
        Job(name, text, script(text), before_ms=60, after_ms=120) for name, text in prompts.items()
    ]
    words = [
        Job(unit.id, unit.word, (unit.said,), before_ms=15, after_ms=25, speed=unit.speed)
        for unit in units()
    ]
    return sentences + words


def speak(voice: Voice, job: Job) -> pcm.Pcm:
    """Speak, trim and level a recording; raises :class:`RenderError` when it is no speech."""
    parts: list[pcm.Samples] = []
    for place, said in enumerate(job.script):
        last = place == len(job.script) - 1
        before_ms = _INNER_BEFORE_MS if place else job.before_ms
        after_ms = job.after_ms if last else _INNER_AFTER_MS
        spoken = levels.trim(voice.speak(said, job.speed), before_ms, after_ms)
        parts.append(levels.normalise(spoken))
        if not last:
            pause_ms = _COMMA_MS if said.endswith("，") else _STOP_MS
            parts.append(np.zeros(pause_ms * pcm.RATE // 1000, dtype=np.float32))
    done = pcm.to_pcm(levels.normalise(np.concatenate(parts)))
    ms = pcm.milliseconds(done)
    characters = sum(len(said.strip("，。！？")) for said in job.script)
    if not _SHORTEST_MS <= ms <= _SLOWEST_MS * max(1, characters) + 500:
        raise RenderError(f"{job.id}: {ms} ms for {job.text!r}")
    return done


def render(prompts: Mapping[str, str], target: Path, python: Path, prune: bool) -> int:
    """Make what is missing or changed; returns how many recordings were made."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = jobs(prompts)
    kept = dict(read_index(target).recordings)
    if prune:
        known = {job.id for job in wanted} | set(_TONES)
        kept = {name: entry for name, entry in kept.items() if name in known}
    for name, make in _TONES.items():
        samples = pcm.to_pcm(make())
        _write(target, name, samples)
        kept[name] = Entry("", identity(name), pcm.milliseconds(samples))
    due = [job for job in wanted if not _current(job, kept, target)]
    if due:
        # The same words are spoken once, however many services say them.
        left = {job.id for job in due} | _BY_WORKERS
        twins = {job.take: job.id for job in wanted if job.id not in left}
        _record(due, target, kept, python, twins)
    write_index(target, Index(RECIPE, kept))
    if prune:
        for path in (*target.glob("*.wav"), *target.glob(f"*{pcm.OGG}")):
            if path.name.removesuffix(path.suffix) not in kept:
                path.unlink()
    return len(due)


def _record(
    due: list[Job],
    target: Path,
    kept: dict[str, Entry],
    python: Path,
    twins: dict[tuple[str, int, int], str],
) -> None:
    try:
        with open_voice(python) as voice:
            for count, job in enumerate(due, start=1):
                twin = twins.get(job.take)
                if twin is not None and job.id not in _BY_WORKERS:
                    path = target / f"{job.id}{pcm.OGG}"
                    pcm.write_atomically(path, shipped_file(target, twin).read_bytes())
                    path.chmod(0o644)
                    kept[job.id] = Entry(job.text, job.identity, kept[twin].ms)
                    continue
                done = speak(voice, job)
                _write(target, job.id, done)
                kept[job.id] = Entry(job.text, job.identity, pcm.milliseconds(done))
                if job.id not in _BY_WORKERS:
                    twins[job.take] = job.id
                log.info("%d/%d %s %s", count, len(due), job.id, job.text)
    finally:
        # An interrupted run goes on from here the next time.
        write_index(target, Index(RECIPE, kept))


def _current(job: Job, kept: Mapping[str, Entry], target: Path) -> bool:
    entry = kept.get(job.id)
    return (
        entry is not None
        and entry.sha256 == job.identity
        and shipped_file(target, job.id).is_file()
    )


def _write(target: Path, name: str, samples: pcm.Pcm) -> None:
    whole = name in _BY_WORKERS
    path = target / (name + (".wav" if whole else pcm.OGG))
    pcm.write_atomically(path, pcm.wav_bytes(samples) if whole else pcm.ogg_bytes(samples))
    path.chmod(0o644)


@click.command()
@click.option("--python", type=Path, default=BUILD_PYTHON, help="Python that has the voice.")
@click.option("--to", "target", type=Path, default=SHIPPED, help=f"Folder with {FILE_NAME}.")
@click.option("--flows", type=Path, help="A city's own flow data.")
@click.option("--prompts", "file", type=Path, help="JSON file of id to text, for a trial.")
@click.option("--keep", is_flag=True, help="Keep recordings that nobody asks for.")
def main(python: Path, target: Path, flows: Path | None, file: Path | None, keep: bool) -> None:
    """Render every prompt whose words changed."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    # Stopped from outside, it still keeps what it has made.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if file is not None:
        prompts = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    else:
        prompts = all_prompts(data_root(flows))
    try:
        made = render(prompts, target, python, prune=not keep)
    except RenderError as error:
        raise click.ClickException(str(error)) from error
    log.info("%d recordings made, %s is up to date", made, target)


if __name__ == "__main__":
    main()
