"""Plots as SVG, made on the server: they need no script and no network.

Colours come from the style sheet by class (``s0``, ``s1`` …). Every plot names itself to those who
cannot see it; its figures stand in a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from markupsafe import Markup, escape

# In units of the drawing, which fills the width it is given.
WIDTH, HEIGHT = 400, 180
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 10, 20
_INNER_WIDTH = WIDTH - LEFT - RIGHT
_INNER_HEIGHT = HEIGHT - TOP - BOTTOM


class Column(msgspec.Struct, frozen=True):
    """One place along the time axis: its label, "" for none, what it is called, its values."""

    label: str
    name: str
    values: tuple[float | None, ...]


def bars(title: str, series: Sequence[str], columns: Sequence[Column]) -> Markup:
    """Stacked bars of counts: ``series`` are the names of the values from the bottom up."""
    top = ceiling(
        max((sum(value or 0 for value in column.values) for column in columns), default=0)
    )
    width = _INNER_WIDTH / max(1, len(columns))
    body = [_axis(top, "")]
    for number, column in enumerate(columns):
        at = LEFT + number * width
        told = "，".join(
            f"{name} {value:g}" for name, value in zip(series, column.values, strict=True) if value
        )
        body.append(Markup("<g><title>{}</title>").format(f"{column.name}: {told or 0}"))
        below = 0.0
        for index, value in enumerate(column.values):
            if value:
                high = value / top * _INNER_HEIGHT
                y = TOP + _INNER_HEIGHT - below - high
                body.append(
                    Markup('<rect class="s{}" x="{}" y="{}" width="{}" height="{}"/>').format(
                        index, _n(at + width * 0.12), _n(y), _n(width * 0.76), _n(high)
                    )
                )
                below += high
        body.append(Markup("</g>"))
        body.append(_label(column.label, at + width / 2))
    return _drawing(title, body)


def lines(
    title: str, series: Sequence[str], columns: Sequence[Column], limit: float | None = None
) -> Markup:
    """Shares between 0 and 1 as lines; where a value is None the line is broken.

    ``limit``, if there is one, is drawn across as the one to be kept.
    """
    width = _INNER_WIDTH / max(1, len(columns))
    body = [_axis(100, "%")]
    if limit is not None:
        y = _n(TOP + _INNER_HEIGHT * (1 - limit))
        body.append(
            Markup('<line class="limit" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                LEFT, WIDTH - RIGHT, y, y
            )
        )
    for column_number, column in enumerate(columns):
        body.append(_label(column.label, LEFT + (column_number + 0.5) * width))
    for index, name in enumerate(series):
        for run in _runs([column.values[index] for column in columns]):
            points = " ".join(
                f"{_n(LEFT + (at + 0.5) * width)},{_n(TOP + _INNER_HEIGHT * (1 - value))}"
                for at, value in run
            )
            body.append(Markup('<polyline class="l{}" points="{}"/>').format(index, points))
            for at, value in run:
                body.append(
                    Markup('<circle class="s{}" cx="{}" cy="{}" r="2.2"><title>{}</title></circle>')
                    .format(
                        index,
                        _n(LEFT + (at + 0.5) * width),
                        _n(TOP + _INNER_HEIGHT * (1 - value)),
                        f"{columns[at].name}: {name} {value * 100:.1f}%",
                    )
                )  # fmt: skip
    return _drawing(title, body)


def ceiling(most: float) -> int:
    """A round number at or above ``most`` that four steps divide evenly; at least 4."""
    if most <= 4:
        return 4
    size = 10.0 ** math.floor(math.log10(most))
    for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12):
        top = round(step * size)
        if top >= most and top % 4 == 0:
            return top
    return math.ceil(most / 4) * 4


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """The stretches without a gap, each value with its place."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _axis(top: int, unit: str) -> Markup:
    parts = []
    for step in range(5):
        y = TOP + _INNER_HEIGHT * (1 - step / 4)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                LEFT, WIDTH - RIGHT, _n(y), _n(y)
            )
        )
        parts.append(
            Markup('<text class="scale" x="{}" y="{}" text-anchor="end">{}{}</text>').format(
                LEFT - 4, _n(y + 3.5), top * step // 4, unit
            )
        )
    return Markup("").join(parts)


def _label(text: str, x: float) -> Markup:
    if not text:
        return Markup("")
    return Markup('<text class="scale" x="{}" y="{}" text-anchor="middle">{}</text>').format(
        _n(x), HEIGHT - 6, text
    )


def _drawing(title: str, body: Sequence[Markup]) -> Markup:
    name = escape(title)
    return (
        Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, HEIGHT, name
        )
        + Markup("").join(body)
        + Markup("</svg>")
    )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
