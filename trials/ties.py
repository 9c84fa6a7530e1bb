"""Which trials may be as good as the best, when the best was picked by the same films.

    may_be_best(scores, luck)        # (trials,)

Multiple comparisons with the best (Hsu, Annals of Statistics 9, 1981): what is the best in truth is beaten by others
by luck alone, the more of them there are the further. Every distance is measured by its own standard error (as Tukey
and Kramer do where groups differ; Hayter, Annals of Statistics 12, 1984): measured in years, the luck of one wild
trial would be the luck that all others are granted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
BLOCK = 128  # trials that are compared with all others at a time
# Trials, spread over all ranks, by which it is judged how far luck reaches: it is the same for trials alike.
JUDGES = 128
TOGETHER = 32  # draws: of all of them at once the processor's cache holds none
SMALLEST = 1e-5  # scores of single precision that differ by no more are equal


def may_be_best(scores: NDArray[np.float64], luck: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(trials,) whether a trial is behind no other by more than luck reaches in 95 of 100 resamples, in standard
    errors of the distance. scores: (trials,), less is better; luck: (draws, trials) what each resample adds to it."""
    luck = luck - luck.mean(axis=0)
    variance = luck.var(axis=0)
    reach = max(_reaches(scores, luck, variance))
    tied = np.empty(len(scores), np.bool_)
    for start in range(0, len(scores), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(scores)))
        behind = scores[rows, None] - scores - reach * _errors(luck, variance, rows)
        tied[rows] = (behind <= SMALLEST).all(axis=1)
    return tied


def _reaches(
    scores: NDArray[np.float64], luck: NDArray[np.float64], variance: NDArray[np.float64]
) -> Iterator[float]:
    """Of some trials: by how many standard errors the luckiest of the others gets ahead, in 95 of 100 resamples."""
    ranked, ahead = np.argsort(scores, kind="stable"), np.empty((TOGETHER, len(scores)), np.float32)
    # How far luck reaches is known to two digits; single precision takes half the time.
    single = luck.astype(np.float32)
    for judge in ranked[np.linspace(0, len(ranked) - 1, min(JUDGES, len(ranked))).astype(int)]:
        error = _errors(luck, variance, np.array([judge]))[0]
        # What predicts the same has no luck of its own.
        apart = error > SMALLEST
        if not apart.any():
            yield 0.0
            continue
        errors, most = np.where(apart, error, 1.0).astype(np.float32), np.empty(len(luck), np.float32)
        for start in range(0, len(luck), TOGETHER):
            part = single[start : start + TOGETHER]
            some = np.subtract(part[:, [judge]], part, out=ahead[: len(part)])
            some /= errors
            most[start : start + TOGETHER] = (some if apart.all() else some[:, apart]).max(axis=1)
        yield float(np.quantile(most, LEVEL))


def _errors(luck: NDArray[np.float64], variance: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """(rows, trials) standard errors of the distances. variance: (trials,) of luck."""
    shared = luck[:, rows].T @ luck / len(luck)
    return np.asarray(np.sqrt(np.maximum(variance[rows, None] + variance - 2 * shared, 0.0)))
