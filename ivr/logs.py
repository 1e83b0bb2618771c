"""Logging for the whole process: one line a record, its action named, numbers masked."""

from __future__ import annotations

import logging
import sys

from flows.privacy import mask_text


class MaskNumbers(logging.Filter):
    """Masks long runs of digits in every record, whoever wrote it and however it was built.

    The last line of defence: code masks what it knows to be personal; this catches the rest,
    tracebacks included.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; it always passes."""
        record.msg = mask_text(record.getMessage())
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        return True


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        call = getattr(record, "call", "")
        action = getattr(record, "action", "-")
        record.where = f"{action} {call}".rstrip()
        return super().format(record)


def configure(level: str = "info") -> None:
    """Send records of ``level`` and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line("%(asctime)s %(levelname)s %(name)s [%(where)s] %(message)s"))
    handler.addFilter(MaskNumbers())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
