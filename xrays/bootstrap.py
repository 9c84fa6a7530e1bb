"""How far a score would move with other patients: they are drawn again with replacement, with all films they have.

    drawn = resamples(groups)                           # (draws, n): how often each film is in each resample
    interval(drawn @ losses / drawn.sum(axis=1))        # of a mean over films

Films of one patient resemble each other, so drawing single films would make every interval too short. A weight for
each film instead of a list of films turns the scores of all resamples into one product of matrices.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000


class Interval(NamedTuple):
    low: float
    high: float


def resamples(groups: NDArray[np.str_], draws: int = DRAWS, seed: int = 0) -> NDArray[np.float32]:
    """(draws, n) whole numbers: how often each of n films is in each resample, as many as its patient.

    groups: (n,) the patient of each film, or whatever must stay together. As many patients are drawn as there are.
    """
    patients, own = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(patients), np.full(len(patients), 1 / len(patients)), size=draws)
    return np.asarray(drawn[:, own], np.float32)


def interval(replicates: NDArray[np.floating], level: float = 0.95) -> Interval:
    """The middle share `level` of the scores of resamples (percentile method; Efron & Tibshirani 1993, chapter 13).

    A resample without a score (one class alone has no AUC) is left out; NaN when none has one.
    """
    known = np.asarray(replicates)[np.isfinite(replicates)]
    if not known.size:
        return Interval(np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
