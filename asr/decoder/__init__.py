"""Recognition in a process of its own, so that its crash costs no call."""

from __future__ import annotations

from asr.decoder.process import DecoderProcess

__all__ = ["DecoderProcess"]
