"""Mean losses fold by fold: a score is the mean over folds of the folds' means, in a resample of patients, too.

    fold_means(losses, folds)                                # (trials, folds), of all films
    FoldMeans(folds, losses, weights).of(use) / use.sum()    # (draws, trials), of resamples (draws, n)

losses: (trials, n) of films that are sorted by fold; folds: where each fold begins and ends among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def fold_means(losses: Floats, folds: Sequence[slice]) -> NDArray[np.float64]:
    """(trials, folds) of losses (trials, n)."""
    return np.stack([losses[:, films].mean(axis=1, dtype=np.float64) for films in folds], axis=1)


class FoldMeans:
    """Sums over folds of the mean loss of every trial in some resamples; each sum of folds is made once."""

    def __init__(self, folds: Sequence[slice], losses: Floats, weights: Floats) -> None:
        self._folds, self._losses, self._weights = folds, losses, weights
        self._sums: dict[bytes, Floats] = {}
        self._single: dict[int, Floats] = {}

    def of(self, use: NDArray[np.bool_]) -> Floats:
        """(draws, trials); a fold of which a resample has no film counts 0 for all trials alike."""
        key = use.tobytes()
        if key not in self._sums:
            parts = (self._mean(int(fold)) for fold in np.flatnonzero(use))
            total = np.zeros((len(self._weights), len(self._losses)), np.float32)
            for part in parts:
                total += part
            self._sums[key] = total
        return self._sums[key]

    def _mean(self, fold: int) -> Floats:
        if fold not in self._single:
            drawn = self._weights[:, self._folds[fold]]
            films = np.maximum(drawn.sum(axis=1, keepdims=True), 1)
            self._single[fold] = (drawn @ self._losses[:, self._folds[fold]].T) / films
        return self._single[fold]
