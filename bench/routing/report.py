"""Writing down what was measured: a summary, a table of confusions, a picture."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from bench.routing.measure import Figures, Outcome, figures

SYNTHETIC = (
    "The audio is SYNTHETIC speech (text-to-speech voices), coded as A-law: it says nothing "
    "about real callers."
)
TEXT_ONLY = "From the written sentences; no audio in this run."


def write(outcomes: Sequence[Outcome], folder: Path) -> str:
    """Write ``route.md``, ``route-confusions.tsv``, ``route.tsv`` and ``route.png``.

    Returns the summary. Errors on held-out sentences appear as counts only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarise(outcomes)
    (folder / "route.md").write_text(summary, "utf-8")
    _confusions(outcomes, folder / "route-confusions.tsv")
    _by_intent(outcomes, folder / "route.tsv")
    _plot(outcomes, folder / "route.png")
    return summary


def sources(outcomes: Sequence[Outcome]) -> list[str]:
    """What the texts came from: "text" and the voices, in order."""
    return list(dict.fromkeys(row.source for row in outcomes))


def summarise(outcomes: Sequence[Outcome]) -> str:
    """The summary as Markdown."""
    spoken = [row for row in outcomes if row.source != "text"]
    lines = ["# Routing of free speech", "", SYNTHETIC if spoken else TEXT_ONLY, ""]
    lines += [
        "Phrases and patterns were first written without these sentences, then mended by the",
        "errors of `dev` (two thirds). `held out` is the third chosen by the hash of the sentence;",
        "its errors were never looked at.",
        "",
        "| from | part | sentences | first choice right | among two | emergencies heard "
        "| false alarms | sure | sure but wrong | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    groups = [
        (source, [row for row in outcomes if row.source == source]) for source in sources(outcomes)
    ]
    if len({row.source for row in spoken}) > 1:
        groups.append(("all voices", spoken))
    for source, rows in groups:
        for part, chosen in (
            ("dev", [row for row in rows if not row.case.held_out]),
            ("held out", [row for row in rows if row.case.held_out]),
            ("all", rows),
        ):
            lines.append(_line(source, part, figures(chosen)))
    lines += [
        "",
        "## By kind",
        "",
        "| from | kind | sentences | first choice right |",
        "|---|---|---|---|",
    ]
    for source, rows in groups:
        for kind in dict.fromkeys(row.case.kind for row in rows):
            counted = figures(row for row in rows if row.case.kind == kind)
            lines.append(f"| {source} | {kind} | {counted.sentences} | {counted.accuracy:.1%} |")
    return "\n".join(lines) + "\n"


def _line(source: str, part: str, counted: Figures) -> str:
    cells = [
        source,
        part,
        counted.sentences,
        f"{counted.right} ({counted.accuracy:.1%})",
        counted.right_among_two,
        f"{counted.emergencies_heard}/{counted.emergencies}",
        counted.false_alarms,
        counted.sure,
        counted.sure_and_wrong,
        counted.p50_ms,
        counted.p99_ms,
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _confusions(outcomes: Sequence[Outcome], path: Path) -> None:
    counted = Counter(
        (row.source, row.case.intent, row.result.intent)
        for row in outcomes
        if not row.right and not row.case.held_out
    )
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["from", "intended", "routed", "times"])
        for (source, intended, routed), times in sorted(counted.items()):
            table.writerow([source, intended, routed, times])


def _by_intent(outcomes: Sequence[Outcome], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["from", "intent", "sentences", "right"])
        for source in sources(outcomes):
            rows = [row for row in outcomes if row.source == source]
            for intent in sorted({row.case.intent for row in rows}):
                chosen = [row.right for row in rows if row.case.intent == intent]
                table.writerow([source, intent, len(chosen), sum(chosen)])


def _plot(outcomes: Sequence[Outcome], path: Path) -> None:
    names = sources(outcomes)
    kinds = list(dict.fromkeys(row.case.kind for row in outcomes))
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), width_ratios=(2, 1))
    width = 0.8 / len(names)
    for place, source in enumerate(names):
        rows = [row for row in outcomes if row.source == source]
        shares = [figures(row for row in rows if row.case.kind == kind).accuracy for kind in kinds]
        left.bar([i + place * width for i in range(len(kinds))], shares, width, label=source)
        held = [
            figures(r for r in rows if r.case.held_out is part).accuracy for part in (False, True)
        ]
        right.bar([i + place * width for i in range(2)], held, width, label=source)
    left.set_xticks([i + 0.4 - width / 2 for i in range(len(kinds))], kinds)
    right.set_xticks([i + 0.4 - width / 2 for i in range(2)], ["dev", "held out"])
    left.axhline(0.95, linestyle=":", color="grey")
    right.axhline(0.95, linestyle=":", color="grey")
    left.set_ylabel("first choice right")
    left.set_ylim(0, 1.02)
    right.set_ylim(0, 1.02)
    left.legend(fontsize=8)
    spoken = any(name != "text" for name in names)
    figure.suptitle("Routing" + (" (audio is synthetic)" if spoken else " from text"))
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
