"""An audio port in Python: the way between PJSIP's bridge and what the worker hears and plays."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from ivr.sip.media import FRAME_BYTES, FRAME_MS, RATE


class FramePort(pj.AudioMediaPort):  # type: ignore[misc]
    """A duplex 8 kHz, 20 ms audio port in Python.

    ``heard`` is given every frame of the media clock, None when there is nothing to hear;
    ``wanted`` returns the next frame to send, or None. Both run in the media thread.
    Never destroyed: PJSIP would call into freed memory.
    """

    def __init__(
        self,
        name: str,
        heard: Callable[[bytes | None], None],
        wanted: Callable[[], bytes | None],
    ) -> None:
        super().__init__()
        self._heard = heard
        self._wanted = wanted
        self._out = pj.ByteVector(FRAME_BYTES)
        self._out_at = _span(self._out)[0]
        form = pj.MediaFormatAudio()
        form.type = pj.PJMEDIA_TYPE_AUDIO
        form.init(pj.PJMEDIA_FORMAT_PCM, RATE, 1, FRAME_MS * 1000, 16)
        self.createPort(name, form)

    def onFrameReceived(self, frame: Any) -> None:
        if frame.type == pj.PJMEDIA_FRAME_TYPE_AUDIO and frame.size:
            begin, end = _span(frame.buf)
            self._heard(ctypes.string_at(begin, end - begin))
        else:
            self._heard(None)

    def onFrameRequested(self, frame: Any) -> None:
        pcm = self._wanted()
        if pcm is None:
            frame.type = pj.PJMEDIA_FRAME_TYPE_NONE
            return
        ctypes.memmove(self._out_at, pcm, FRAME_BYTES)
        frame.buf = self._out
        frame.size = FRAME_BYTES
        frame.type = pj.PJMEDIA_FRAME_TYPE_AUDIO


def _span(vector: Any) -> tuple[int, int]:
    # The first two words of a std::vector<unsigned char> are its begin and end. Copying the
    # bytes out one by one through SWIG takes a hundred times as long.
    begin, end = struct.unpack("QQ", ctypes.string_at(int(vector.this), 16))
    return begin, end
