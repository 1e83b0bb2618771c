"""Speech from espeak-ng, straight from its library: a second, quite different synthesiser."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

VARIANTS = ("", *(f"+m{n}" for n in range(1, 8)), *(f"+f{n}" for n in range(1, 6)))
_RETRIEVAL = 1
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4
_NO_ERROR = 0


@cache
def shared() -> Espeak:
    """The process's one instance: a second one would never answer."""
    return Espeak()


class Espeak:
    """The library is one per process and not safe between threads."""

    def __init__(self) -> None:
        import espeakng_loader

        self._library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        rate = self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
        if rate <= 0:
            raise RuntimeError("espeak-ng did not start")
        self.rate: int = rate
        self._pieces: list[Floats] = []
        # Kept on the object: a callback that is collected would be called all the same.
        signature = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = signature(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def _take(self, samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            block = np.ctypeslib.as_array(samples, (count,))
            self._pieces.append(block.astype(np.float32) / 32768.0)
        return 0

    def speak(
        self, text: str, variant: str = "", speed: int = 220, pitch: int = 50, range_: int = 50
    ) -> tuple[Floats, int]:
        """Samples within ±1, shape (n,), and their rate. `speed` is in espeak's words a minute."""
        if self._library.espeak_SetVoiceByName(f"cmn-latn-pinyin{variant}".encode()) != _NO_ERROR:
            self._library.espeak_SetVoiceByName(f"cmn{variant}".encode())
        for parameter, value in ((_RATE, speed), (_PITCH, pitch), (_RANGE, range_)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pieces = []
        raw = text.encode()
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()
        if not self._pieces:
            raise ValueError(f"nothing in {text!r} can be spoken")
        return np.concatenate(self._pieces), self.rate
