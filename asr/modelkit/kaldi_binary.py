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
Doubles = npt.NDArray[np.float64]


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
        """Floats, shape (rows, columns), in Kaldi's one-byte form: a quarter of the size.

        Each column has its own quartiles, and a byte says where between two of them a value lies
        (Kaldi, compressed-matrix.h, kOneByteWithColHeaders).
        """
        low = float(values.min())
        span = float(values.max()) - low or 1.0
        columns = values.T.astype(np.float64)
        marks = _quartiles((columns - low) / span * _WORD)
        self.token("CM")
        self._file.write(struct.pack("<ffii", low, span, *values.shape))
        self._file.write(marks.astype("<u2").tobytes())
        places = np.asarray(low + span / _WORD * marks, dtype=np.float64)
        self._file.write(_between(columns, places).tobytes())


# What two bytes count to, and where in a byte the quartiles lie.
_WORD = 65535
_PLACES = (0, 64, 192, 255)


def _quartiles(columns: Doubles) -> npt.NDArray[np.int64]:
    """Least, lower, upper quartile and greatest of each row, shape (n, 4), all different."""
    found = np.quantile(columns, (0.0, 0.25, 0.75, 1.0), axis=1).T
    whole = np.rint(found).astype(np.int64)
    for at, spare in ((0, 3), (1, 2), (2, 1), (3, 0)):
        least = whole[:, at - 1] + 1 if at else 0
        whole[:, at] = np.clip(whole[:, at], least, _WORD - spare)
    return whole


def _between(columns: Doubles, marks: Doubles) -> npt.NDArray[np.uint8]:
    """A byte for each value: how far it is from one of its row's four marks to the next."""
    out = np.zeros(columns.shape)
    for at in range(3):
        low, high = marks[:, at, None], marks[:, at + 1, None]
        first, last = _PLACES[at], _PLACES[at + 1]
        steps = first + np.rint((columns - low) / (high - low) * (last - first))
        here = columns >= low if at else np.ones_like(columns, dtype=bool)
        out = np.where(here, np.clip(steps, first, last), out)
    return out.astype(np.uint8)
