"""Kernel ridge regression over example phrases: a linear text classifier that sees pairs.

The kernel is ``(c + c²) / 2`` with ``c`` the TF-IDF cosine of two sentences. The square gives
weight to features that occur together ("社保卡" and "丢"), which is what tells the services
about one object apart. The solution is closed-form, so the result is the same on every run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float32]


class Kernel:
    """Examples (as feature weights) and their classes, ready to score new sentences."""

    def __init__(
        self, examples: Sequence[dict[str, float]], labels: Sequence[int], ridge: float = 0.15
    ) -> None:
        self._count = len(examples)
        self._ids: dict[str, int] = {}
        counts: list[int] = []
        for example in examples:
            for feature in example:
                if feature not in self._ids:
                    self._ids[feature] = len(counts)
                    counts.append(0)
                counts[self._ids[feature]] += 1
        self._idf = [1.0 + math.log(self._count / (1 + count)) for count in counts]
        self._unseen_idf = 1.0 + math.log(self._count)
        postings: list[tuple[list[int], list[float]]] = [([], []) for _ in counts]
        vectors = [self._vector(example) for example in examples]
        for number, (weights, _) in enumerate(vectors):
            for index, weight in weights:
                postings[index][0].append(number)
                postings[index][1].append(weight)
        self._rows = [np.array(rows, dtype=np.int32) for rows, _ in postings]
        self._weights = [np.array(weights, dtype=np.float32) for _, weights in postings]
        gram = np.stack([self._row(weights) for weights, _ in vectors])
        sizes = np.bincount(labels).astype(np.float32)
        classes = np.array(labels)
        mean = float(np.mean(sizes))
        gram[np.diag_indices(self._count)] += ridge * np.sqrt(sizes[classes] / mean)
        targets = np.zeros((self._count, int(classes.max()) + 1), dtype=np.float32)
        targets[np.arange(self._count), classes] = 1.0
        self._solution: Matrix = np.linalg.solve(gram, targets).astype(np.float32)

    def _vector(self, features: dict[str, float]) -> tuple[list[tuple[int, float]], float]:
        """Unit-length weights of the known features, and how much of the text is known."""
        known: list[tuple[int, float]] = []
        total = 0.0
        for feature, weight in features.items():
            number = self._ids.get(feature)
            if number is None:
                # A quarter of the weight, so that one unknown name does not hide the rest.
                total += (weight * self._unseen_idf) ** 2 / 4
                continue
            value = weight * self._idf[number]
            known.append((number, value))
            total += value * value
        length = math.sqrt(total) or 1.0
        known = [(number, value / length) for number, value in known]
        return known, sum(value * value for _, value in known)

    def _row(self, weights: list[tuple[int, float]]) -> Vector:
        """The kernel between a sentence and every example."""
        if not weights:
            return np.zeros(self._count, dtype=np.float32)
        rows = np.concatenate([self._rows[number] for number, _ in weights])
        values = np.concatenate([self._weights[number] * value for number, value in weights])
        cosine = np.bincount(rows, weights=values, minlength=self._count)
        return ((cosine + cosine * cosine) / 2).astype(np.float32)

    def score(self, features: dict[str, float]) -> tuple[Vector, Vector, float]:
        """One value for each class (about 1 for the right one), the kernel to each example,
        and the share of the sentence that is known from the examples."""
        weights, known = self._vector(features)
        row = self._row(weights)
        return row @ self._solution, row, known
