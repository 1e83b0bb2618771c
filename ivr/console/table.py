"""Tables to take along, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from aiohttp import web


def csv_file(
    name: str, head: Sequence[str], rows: Iterable[Iterable[object]]
) -> web.StreamResponse:
    """The answer that a browser keeps as the file ``name``; None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    # A spreadsheet knows UTF-8 by its mark.
    return web.Response(
        body=text.getvalue().encode("utf-8-sig"),
        content_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cell(value: object) -> str:
    """What a spreadsheet may hold: a text that begins like a formula is none."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
