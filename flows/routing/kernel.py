"""Local kernel ridge regression over example phrases.

The kernel is ``(c + c²) / 2`` with ``c`` the TF-IDF cosine of two sentences. The square gives
weight to features that occur together ("社保卡" and "丢"), which is what tells the services
about one object apart. The regression is solved anew for each sentence, over the examples
nearest to it: closed-form, the same on every run, and nothing has to be trained beforehand,
so a changed data file takes effect at the next start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


class Neighbourhood:
    """Examples (as weights of features) and their classes, ready to score sentences."""

    def __init__(
        self,
        examples: Sequence[dict[str, float]],
        labels: Sequence[int],
        *,
        nearest: int = 160,
        ridge: float = 0.15,
    ) -> None:
        self._blas = ThreadpoolController()
        self._count = len(examples)
        self._labels = np.array(labels, dtype=np.int32)
        self._classes = int(self._labels.max()) + 1
        self._nearest = min(nearest, self._count)
        self._ridge = ridge
        self._ids: dict[str, int] = {}
        ids: list[int] = []
        weights: list[float] = []
        starts = [0]
        for example in examples:
            for feature, weight in example.items():
                ids.append(self._ids.setdefault(feature, len(self._ids)))
                weights.append(weight)
            starts.append(len(ids))
        self._starts = np.array(starts, dtype=np.int32)
        self._features: Ints = np.array(ids, dtype=np.int32)
        counts = np.bincount(self._features, minlength=len(self._ids))
        self._idf: Floats = (1.0 + np.log(self._count / (1.0 + counts))).astype(np.float32)
        self._unseen = 1.0 + math.log(self._count)
        rows = np.repeat(np.arange(self._count, dtype=np.int32), np.diff(self._starts))
        values = np.array(weights, dtype=np.float32) * self._idf[self._features]
        lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=self._count))
        self._values: Floats = (values / lengths[rows]).astype(np.float32)
        order = np.argsort(self._features, kind="stable")
        self._posting_rows = rows[order]
        self._posting_values = self._values[order]
        self._posting_starts = np.concatenate(([0], np.cumsum(counts)))

    def score(self, features: dict[str, float]) -> tuple[Floats, Ints]:
        """A value for each class, about 1 for the right one, and the examples, nearest first."""
        cosine = self._cosine(features)
        near = np.argsort(-cosine, kind="stable")[: self._nearest]
        near = near[cosine[near] > 0]
        scores = np.zeros(self._classes, dtype=np.float32)
        if not len(near):
            return scores, near.astype(np.int32)
        # The matrices are small: BLAS threads only wait for each other on a busy machine.
        with self._blas.limit(limits=1, user_api="blas"):
            gram = _kernel(self._products(near))
            gram[np.diag_indices(len(near))] += self._ridge
            pull = np.linalg.solve(gram, _kernel(cosine[near]))
        np.add.at(scores, self._labels[near], pull.astype(np.float32))
        return scores, near.astype(np.int32)

    def _cosine(self, features: dict[str, float]) -> Floats:
        """The cosine between a sentence and every example."""
        known = [
            (self._ids[name], weight) for name, weight in features.items() if name in self._ids
        ]
        # What no example has weighs a quarter, so that one unknown name does not hide the rest.
        total = sum(
            (weight * self._unseen) ** 2 / 4
            for name, weight in features.items()
            if name not in self._ids
        )
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        numbers = np.array([number for number, _ in known])
        values = np.array([weight for _, weight in known], dtype=np.float32) * self._idf[numbers]
        values /= math.sqrt(float(values @ values) + total)
        starts, ends = self._posting_starts[numbers], self._posting_starts[numbers + 1]
        slices = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        rows = np.concatenate([self._posting_rows[part] for part in slices])
        parts = np.concatenate([self._posting_values[part] for part in slices])
        parts = parts * np.repeat(values, ends - starts)
        return np.bincount(rows, weights=parts, minlength=self._count).astype(np.float32)

    def _products(self, rows: npt.NDArray[np.intp]) -> Floats:
        """The cosines between the examples ``rows``."""
        starts, ends = self._starts[rows], self._starts[rows + 1]
        places = np.concatenate(
            [np.arange(start, end) for start, end in zip(starts, ends, strict=True)]
        )
        _, columns = np.unique(self._features[places], return_inverse=True)
        lines = np.repeat(np.arange(len(rows)), ends - starts)
        dense = np.zeros((len(rows), int(columns.max()) + 1), dtype=np.float32)
        dense[lines, columns] = self._values[places]
        return dense @ dense.T


def _kernel(cosine: Floats) -> Floats:
    return ((cosine + cosine * cosine) / 2).astype(np.float32)
