"""Which of many predictors are better together: greedy selection with replacement, bagged over patients.

    shares = selected(predictions, loss, patients, most=5)           # (predictors,), adding up to 1

From the best one on, again and again the predictor is added, one more time perhaps, with which the mean of all so far
is best (Caruana et al. 2004, ICML). That fits its films quickly, so it is done for patients that are drawn again and
again, and what all these choices have in common decides. Weights that are free overfit more (Purucker and Beel 2023,
arXiv 2307.00286).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

ROUNDS = 25
BAGS = 20
CANDIDATES = 50  # the best by themselves: hundreds of trials would take hours, and worse ones are chosen by luck
DRAWN = 4000  # patients a bag, at most: as sure, in minutes


class Loss(Protocol):
    """What is to be small."""

    def __call__(self, values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(k,) losses of k ensembles, by their (k, m) means for the films of these rows (m,)."""


def selected(
    predictions: NDArray[np.float64], loss: Loss, patients: NDArray[np.generic], most: int
) -> NDArray[np.float64]:
    """predictions: (p, n), such as may be averaged; loss: the smaller the better; patients: (n,) whose film each is;
    most: predictors that get a share. (p,) shares. Raises ValueError for no predictor."""
    if not len(predictions):
        raise ValueError("no predictor to select from")
    rng, shares = np.random.default_rng(0), np.zeros(len(predictions))
    films = _films_of(patients)
    able = np.sort(np.argsort(loss(predictions, np.arange(len(patients))), kind="stable")[:CANDIDATES])
    for _ in range(BAGS):
        rows = np.concatenate([films[one] for one in rng.integers(0, len(films), min(len(films), DRAWN))])
        shares[able] += _in_bag(predictions[np.ix_(able, rows)], partial(loss, rows=rows)) / BAGS
    few = np.argsort(-shares, kind="stable")[most:]
    shares[few] = 0
    return np.asarray(shares / shares.sum())


def _films_of(patients: NDArray[np.generic]) -> list[NDArray[np.int64]]:
    number = np.unique(patients, return_inverse=True)[1]
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1)


def _in_bag(
    predictions: NDArray[np.float64], loss: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """(p,) shares in the best of the ensembles on the way."""
    counts, total = np.zeros(len(predictions)), np.zeros(predictions.shape[1])
    best, found = np.inf, counts
    for size in range(1, ROUNDS + 1):
        losses = loss((total + predictions) / size)
        one = int(np.argmin(losses))
        counts = counts.copy()
        counts[one] += 1
        total = total + predictions[one]
        if losses[one] < best:
            best, found = float(losses[one]), counts / size
    return found
