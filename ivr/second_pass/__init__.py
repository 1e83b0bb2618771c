"""Recordings transcribed again after their call, at leisure.

``docs/second-pass.md`` tells when, and how it is judged which transcript is the better one.
"""

from ivr.second_pass.settings import SecondPassSettings
from ivr.second_pass.worker import SecondPassWorker

__all__ = ["SecondPassSettings", "SecondPassWorker"]
