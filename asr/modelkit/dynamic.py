"""A graph composed while decoding: `HCLr.fst` (words' sounds) and `Gr.fst` (their order) apart.

Such a model can be given a list of phrases for one utterance, which a static graph cannot. It is
slower and starts colder, so the shipped model is static; this one is for tests of phrase lists and
for sites that want them. `HCLr.fst` is written by OpenFst's own tools, unpacked from Debian.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import kaldifst

from asr.modelkit import graph, phones, steps, utterances
from asr.modelkit.pinyin import inventory, units

UNKNOWN = "[unk]"
TOOLS = utterances.ROOT / ".build" / "openfst"
SHIPPED = utterances.ROOT / "asr" / "models" / "zh-8k-synthetic"
_PACKAGES = ("libfst-tools", "libfst22", "libfst22-plugins-base")
_LIBRARIES = Path("usr") / "lib" / "x86_64-linux-gnu"
_Arc = kaldifst.StdArc
# What any sound that is no word costs for each of its units.
_NO_WORD = 1.5


def fetch(folder: Path) -> None:
    """Download OpenFst's tools as Debian packages and unpack them, unless they are there."""
    if (folder / "usr" / "bin" / "fstconvert").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["apt-get", "download", *_PACKAGES], check=True, cwd=folder)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package.name, "."], check=True, cwd=folder)


def sounds_fst(words: dict[str, int], unknown: int) -> Any:
    """Transitions to words: a tree of beginnings, words told at their last phone."""
    fst = kaldifst.StdVectorFst()
    start, loop, silence = (fst.add_state() for _ in range(3))
    fst.start = start
    fst.set_final(loop, 0.0)
    ends: dict[int, int] = {}

    def arc(source: int, label: int, target: int, word: int = 0, cost: float = 0.0) -> None:
        fst.add_arc(source, _Arc(label, word, cost, target))

    def leave(state: int) -> None:
        arc(state, 0, loop)
        arc(state, phones.enter(phones.SILENCE), silence)

    def ending(phone: int) -> int:
        if phone not in ends:
            ends[phone] = fst.add_state()
            arc(ends[phone], phones.stay(phone), ends[phone])
            leave(ends[phone])
        return ends[phone]

    def going_on(phone: int) -> int:
        state = fst.add_state()
        arc(state, phones.stay(phone), state)
        arc(state, phones.GOING_ON, state)
        return int(state)

    leave(start)
    arc(silence, phones.stay(phones.SILENCE), silence)
    arc(silence, 0, loop)
    tree: dict[tuple[int, ...], int] = {(): loop}
    for word, number in words.items():
        spelled = tuple(phones.spelled(units(word) or ()))
        if not spelled:
            continue
        for length in range(1, len(spelled)):
            if spelled[:length] not in tree:
                phone = spelled[length - 1]
                tree[spelled[:length]] = going_on(phone)
                arc(tree[spelled[: length - 1]], phones.enter(phone), tree[spelled[:length]])
        last = spelled[-1]
        arc(tree[spelled[:-1]], phones.enter(last), ending(last), number)
    hub = fst.add_state()
    for unit in inventory()[1:]:
        first, within, last = phones.spelled([unit] * 3)
        (alone,) = phones.spelled([unit])
        for source, phone in ((loop, first), (hub, within)):
            state = going_on(phone)
            arc(source, phones.enter(phone), state, unknown if source == loop else 0, _NO_WORD)
            arc(state, 0, hub)
        arc(hub, phones.enter(last), ending(last), 0, _NO_WORD)
        arc(loop, phones.enter(alone), ending(alone), unknown, _NO_WORD)
    return fst


def build(words: Iterable[str], order: Any, folder: Path, tools: Path) -> None:
    """Write the graph's files into `folder`.

    `order(numbers)` gives the language model as an acceptor of words by their numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {word: number for number, word in enumerate(sorted(words), start=1)}
    unknown = len(numbers) + 1
    fst = sounds_fst(numbers, unknown)
    numbers[UNKNOWN] = unknown
    kaldifst.arcsort(fst, sort_type="olabel")
    plain = folder / "HCL.fst"
    fst.write(str(plain))
    relabelled = folder / "relabel"
    _tool(
        tools,
        "fstconvert",
        "--fst_type=olabel_lookahead",
        f"--save_relabel_opairs={relabelled}",
        str(plain),
        str(folder / "HCLr.fst"),
    )
    pairs = (line.split() for line in relabelled.read_text().splitlines())
    renamed = {int(old): int(new) for old, new in pairs}
    numbers = {word: renamed[number] for word, number in numbers.items()}
    language = order(numbers)
    kaldifst.arcsort(language, sort_type="ilabel")
    language.write(str(folder / "Gr.fst"))
    lines = ["<eps> 0", *(f"{word} {n}" for word, n in sorted(numbers.items(), key=lambda i: i[1]))]
    (folder / "words.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # Marks to be left out when the two are composed: there are none.
    (folder / "disambig_tid.int").write_text(f"{2 * phones.count() + 1}\n", encoding="utf-8")
    (folder / "phones").mkdir(exist_ok=True)
    (folder / "phones" / "word_boundary.int").write_text(phones.word_boundaries(), "utf-8")
    plain.unlink()
    relabelled.unlink()


def any_order(numbers: dict[str, int]) -> Any:
    """Every word as likely as any other at every place; the unknown word hardly."""
    fst = kaldifst.StdVectorFst()
    state = fst.add_state()
    fst.start = state
    fst.set_final(state, 0.0)
    for word, number in numbers.items():
        fst.add_arc(state, _Arc(number, number, 9.0 if word == UNKNOWN else 4.0, state))
    return fst


def build_model(settings: steps.Settings, tools: Path) -> None:
    """Write a whole model to `settings.out`: the shipped network and the kit's language model.

    The language model is the shipped graph's, from the texts in `settings.work`.
    """
    model = steps.language_model(settings)

    def order(numbers: dict[str, int]) -> Any:
        return graph.grammar_fst(model, numbers, backoff_label=0)

    build(model.vocabulary, order, settings.out / "graph", tools)
    for part in ("am", "conf"):
        shutil.copytree(SHIPPED / part, settings.out / part, dirs_exist_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """A graph of a file's words in any order, or the shipped model with a dynamic graph."""
    parser = argparse.ArgumentParser(prog="python -m asr.modelkit.dynamic", description=__doc__)
    parser.add_argument("words", type=Path, nargs="?", help="words, for a graph of these alone")
    parser.add_argument("folder", type=Path, help="what to write")
    parser.add_argument("--work", type=Path, default=utterances.ROOT / ".build" / "model")
    options = parser.parse_args(arguments)
    fetch(TOOLS)
    if options.words is None:
        build_model(steps.Settings(options.folder, options.work), TOOLS)
    else:
        words = options.words.read_text(encoding="utf-8").split()
        build(words, any_order, options.folder, TOOLS)
    return 0


def _tool(tools: Path, name: str, *arguments: str) -> None:
    libraries = tools / _LIBRARIES
    places = f"{libraries}:{libraries / 'fst' / '22'}"
    environment = {**os.environ, "LD_LIBRARY_PATH": places}
    subprocess.run([str(tools / "usr" / "bin" / name), *arguments], check=True, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
