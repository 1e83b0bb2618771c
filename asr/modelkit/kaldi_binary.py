"""Kaldi's binary file format, as far as an acoustic model needs it.

Tokens end in a space, a number is preceded by its size in bytes, matrices are row by row, and
everything is little-endian.
"""

from __future__ import annotations

import struct
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Writer:
    """Writes one file; use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(b"\0B")

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def token(self, *names: str) -> None:
        """Words such as `<Nnet3>`."""
        for name in names:
            self._file.write(name.encode() + b" ")

    def line(self, text: str) -> None:
        """A line of text in the middle of the binary, as the network's wiring is written."""
        self._file.write(text.encode() + b"\n")

    def integer(self, value: int) -> None:
        """A signed number of 4 bytes."""
        self._file.write(b"\4" + struct.pack("<i", value))

    def real(self, value: float) -> None:
        """A float of 4 bytes."""
        self._file.write(b"\4" + struct.pack("<f", value))

    def double(self, value: float) -> None:
        """A float of 8 bytes."""
        self._file.write(b"\x08" + struct.pack("<d", value))

    def integers(self, values: list[int]) -> None:
        """A list of 4-byte numbers: item size, count, items."""
        self._file.write(b"\4" + struct.pack("<i", len(values)))
        self._file.write(np.array(values, dtype="<i4").tobytes())

    def vector(self, values: npt.ArrayLike) -> None:
        """Floats, shape (n,)."""
        array = np.asarray(values, dtype="<f4")
        self.token("FV")
        self.integer(len(array))
        self._file.write(array.tobytes())

    def matrix(self, values: Floats) -> None:
        """Floats, shape (rows, columns), in Kaldi's two-byte form: half the size, and the step
        is a 65535th of the matrix's range, far below what the scores notice.
        """
        low = float(values.min())
        span = float(values.max()) - low or 1.0
        self.token("CM2")
        self._file.write(struct.pack("<ffii", low, span, *values.shape))
        steps = np.round((values.astype(np.float64) - low) / span * 65535)
        self._file.write(steps.astype("<u2").tobytes())
