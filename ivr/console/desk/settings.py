"""What can be configured of the operators' desk."""

from __future__ import annotations

import msgspec


class DeskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operators' page.

    ``pauses``: the reasons for a pause that are offered. ``closed_s``: a seat whose page has been
    closed for so long is paused, so that no caller is sent to an empty chair. ``similar_days``:
    how far back open tickets count as possibly the same matter. ``labels``: keep what operators
    correct, de-identified, for training; ``labels_days``: for how long (as transcripts).
    """

    pauses: tuple[str, ...] = ("休息", "用餐", "培训", "会议", "处理工单")
    closed_s: float = 20.0
    similar_days: int = 30
    labels: bool = True
    labels_days: int = 730
