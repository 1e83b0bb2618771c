"""A matrix in one byte a number, read back as Kaldi reads it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from asr.modelkit.kaldi_binary import Writer

Floats = npt.NDArray[np.float32]
_HEADER = struct.Struct("<ffii")


def read_back(path: Path) -> Floats:
    """As `CompressedMatrix::CopyToMat` has it (Kaldi, compressed-matrix.cc)."""
    content = path.read_bytes()
    start = b"\0BCM "
    assert content.startswith(start)
    low, span, rows, columns = _HEADER.unpack_from(content, len(start))
    at = len(start) + _HEADER.size
    marks = np.frombuffer(content, "<u2", 4 * columns, at).reshape(columns, 4)
    marks = low + span * 1.52590218966964e-05 * marks.astype(np.float32)
    values = np.frombuffer(content, np.uint8, rows * columns, at + 8 * columns)
    assert len(content) == at + 8 * columns + rows * columns
    out = np.zeros((columns, rows), np.float32)
    for column, (places, (p0, p25, p75, p100)) in enumerate(
        zip(values.reshape(columns, rows), marks, strict=True)
    ):
        for row, value in enumerate(places.astype(int)):
            if value <= 64:
                out[column, row] = p0 + (p25 - p0) * value / 64
            elif value <= 192:
                out[column, row] = p25 + (p75 - p25) * (value - 64) / 128
            else:
                out[column, row] = p75 + (p100 - p75) * (value - 192) / 63
    return out.T


def written(path: Path, matrix: Floats) -> Floats:
    with Writer(path) as out:
        out.matrix(matrix)
    return read_back(path)


def test_numbers_come_back_within_a_step_of_their_column(tmp_path: Path) -> None:
    matrix = np.random.default_rng(1).standard_normal((300, 40)).astype(np.float32)
    matrix[:, 7] *= 0.01
    back = written(tmp_path / "matrix", matrix)
    low, lower, upper, high = np.quantile(matrix, (0, 0.25, 0.75, 1), axis=0)
    step = np.maximum.reduce([(lower - low) / 64, (upper - lower) / 128, (high - upper) / 63])
    rounding = 2 * (matrix.max() - matrix.min()) / 65535
    assert (np.abs(back - matrix) <= step / 2 + rounding).all()
    assert back[:, 7].std() == pytest.approx(matrix[:, 7].std(), rel=0.02)


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((3, 5)),
        np.full((4, 2), -7.5),
        np.eye(6),
        np.array([[1.0]]),
        np.array([[0.0, 0.0], [0.0, 9.0]]),
    ],
    ids=["nothing", "all the same", "mostly nothing", "one number", "one that stands out"],
)
def test_odd_matrices_come_back(tmp_path: Path, matrix: npt.NDArray[np.float64]) -> None:
    back = written(tmp_path / "matrix", matrix.astype(np.float32))
    span = float(matrix.max() - matrix.min()) or 1.0
    assert back == pytest.approx(matrix, abs=4 * span / 65535)
