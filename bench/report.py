"""Tables that benches print and keep under ``bench/results``."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

RESULTS = Path(__file__).parent / "results"


def percentiles(seconds: Sequence[float]) -> tuple[int, int]:
    """p50 and p95 in whole milliseconds."""
    p50, p95 = np.percentile(np.asarray(seconds) * 1000, [50, 95])
    return round(float(p50)), round(float(p95))


class Table:
    """A bench's result: printed, and kept as Markdown."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self._name = name
        self._columns = tuple(columns)
        self._rows: list[tuple[str, ...]] = []
        self._notes = [
            f"{date.today()}, {os.cpu_count()} cores, {platform.machine()}, "
            f"Python {platform.python_version()}."
        ]

    def add(self, *cells: object) -> None:
        """One row."""
        self._rows.append(tuple(str(cell) for cell in cells))

    def note(self, text: str) -> None:
        """A sentence under the title."""
        self._notes.append(text)

    def markdown(self) -> str:
        """The table with its notes."""
        lines = [f"# {self._name}", "", *self._notes, ""]
        lines.append(f"| {' | '.join(self._columns)} |")
        lines.append(f"|{'---|' * len(self._columns)}")
        lines += [f"| {' | '.join(row)} |" for row in self._rows]
        return "\n".join(lines) + "\n"

    def write(self) -> None:
        """Print it and keep it."""
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self._name}.md").write_text(self.markdown(), encoding="utf-8")
        print(self.markdown())
