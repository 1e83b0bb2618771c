"""Writing down what was measured: tables, every file, a picture."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from pypinyin import lazy_pinyin

from bench.hearing.clips import Clip
from bench.hearing.scores import Figures, Outcome, figures

_SAID = {
    frozenset({"synthetic"}): "**All audio is SYNTHETIC speech: this says nothing about people.**",
    frozenset({"human"}): "**All audio is HUMAN speech, as its manifest declares.**",
    frozenset({""}): "**The audio is NOT DECLARED to be human or synthetic.**",
}
HEAD = (
    "| model | condition | files | minutes | CER % (95 % range) | SER % | keywords heard % "
    "| intents right % | after the last sound, p50 / p95 ms | real-time factor |"
)


def declare(clips: Sequence[Clip]) -> str:
    """What kind of audio this is."""
    kinds = [clip.kind for clip in clips]
    if said := _SAID.get(frozenset(kinds)):
        return said
    counts = {kind or "not declared": kinds.count(kind) for kind in ("human", "synthetic", "")}
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"**The audio is MIXED: {told}.**"


def write(title: str, outcomes: Sequence[Outcome], folder: Path, name: str) -> str:
    """Write ``<name>.md``, ``<name>.tsv`` and ``<name>.png``; returns the summary."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(title, outcomes, name)
    (folder / f"{name}.md").write_text(summary, encoding="utf-8")
    _every_file(outcomes, folder / f"{name}.tsv")
    _plot(outcomes, folder / f"{name}.png")
    return summary


def summarise(title: str, outcomes: Sequence[Outcome], name: str) -> str:
    """The tables as Markdown; the first sentence says what audio it was."""
    models = list(dict.fromkeys(row.model for row in outcomes))
    clips = [row.clip for row in outcomes if row.model == models[0]]
    lines = [f"# {title}", "", declare(clips), ""]
    lines += [
        f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}. CER counts characters, SER",
        "toneless syllables; punctuation and spaces do not count, figures are compared as figures.",
        "A keyword counts as heard by its characters or by exactly their sounds. Latency is what",
        "is left to decode after the last tenth of a second of sound, by one stream alone.",
        "",
        HEAD,
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for model in models:
        mine = [row for row in outcomes if row.model == model]
        lines.append(_row(model, "all", figures(mine)))
        for condition in _conditions(outcomes):
            rows = [row for row in mine if row.clip.condition == condition]
            lines.append(_row(model, condition or "(none)", figures(rows)))
    return "\n".join([*lines, "", f"![by condition]({name}.png)", ""])


def _conditions(outcomes: Sequence[Outcome]) -> list[str]:
    found = list(dict.fromkeys(row.clip.condition for row in outcomes))
    return found if len(found) > 1 else []


def _row(model: str, condition: str, counted: Figures) -> str:
    cells = [
        model,
        condition,
        counted.files,
        f"{counted.minutes:.1f}",
        f"{counted.cer:.1%} ({counted.cer_low:.1%}–{counted.cer_high:.1%})".replace("%", ""),
        f"{counted.ser * 100:.1f}",
        _share(counted.keyword_recall, counted.keywords),
        _share(counted.intent_accuracy, counted.intents),
        f"{counted.last_p50_ms:.0f} / {counted.last_p95_ms:.0f}",
        f"{counted.real_time_factor:.3f}",
    ]
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def _share(value: float | None, count: int) -> str:
    return "–" if value is None else f"{value * 100:.1f} (of {count})"


def _every_file(outcomes: Sequence[Outcome], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["model", "file", "condition", "characters", "errors", "intent right", "ms"])
        for row in outcomes:
            clip = row.clip
            name = f"{clip.path.parent.name}/{clip.path.name}"
            right = "" if row.intent_right is None else int(row.intent_right)
            last = round(row.heard.last_s * 1000, 1)
            table.writerow(
                [row.model, name, clip.condition, row.characters, row.character_errors, right, last]
            )


def _plot(outcomes: Sequence[Outcome], path: Path) -> None:
    models = list(dict.fromkeys(row.model for row in outcomes))
    conditions = ["all", *_conditions(outcomes)]
    figure, axes = plt.subplots(1, 2, figsize=(12, 4.5), width_ratios=(2, 1))
    width = 0.8 / len(models)
    for place, model in enumerate(models):
        mine = [row for row in outcomes if row.model == model]
        groups = [
            [row for row in mine if c == "all" or row.clip.condition == c] for c in conditions
        ]
        counted = [figures(rows) for rows in groups]
        cer = [one.cer * 100 for one in counted]
        spread = [
            [max(0.0, (one.cer - one.cer_low) * 100) for one in counted],
            [max(0.0, (one.cer_high - one.cer) * 100) for one in counted],
        ]
        at = [i + place * width for i in range(len(conditions))]
        axes[0].bar(at, cer, width, yerr=spread, capsize=2, label=_latin(model))
        last = sorted(row.heard.last_s * 1000 for row in mine)
        axes[1].plot(last, [(i + 1) / len(last) for i in range(len(last))], label=_latin(model))
    labels = [_latin(condition) for condition in conditions]
    axes[0].set_xticks([i + 0.4 - width / 2 for i in range(len(conditions))], labels, rotation=20)
    axes[0].set_ylabel("CER %")
    axes[0].legend(fontsize=8)
    axes[1].set_xlabel("ms after the last sound")
    axes[1].set_ylabel("share of files")
    figure.suptitle(declare([row.clip for row in outcomes]).strip("*"))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _latin(text: str) -> str:
    """The text in letters: the plotting library brings no font with hanzi."""
    return " ".join(lazy_pinyin(text)) if not text.isascii() else text
