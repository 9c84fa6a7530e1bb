"""Trials beside each other on the same films: by how much more one loses than another, when patients are drawn again.

    rows = candidates(task, films, [of_one, of_other, its_second_seed])
    differences(rows, [1, 2])[0, 1]         # loss of the first less that of the second, low, high

As if both had been named before anybody looked: that one of them was picked by these films is for `trials/ties.py` to
allow for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trials.fold_means import FoldMeans, fold_means
from trials.selection import Candidates
from xrays.statistics.bootstrap import DRAWS, interval, resamples


def differences(rows: Candidates, seeds: Sequence[int]) -> NDArray[np.float64]:
    """(k, k, 3) mean over folds of the loss of one trial less that of another, and its 95 % interval, NaN where
    resamples say nothing (they answer alike). seeds: (k,) how many of the rows, one after the other, are one trial
    with further seeds, whose loss is their mean. All rows have all folds. What a film loses beyond `rows.widest`
    counts in the difference and is in no resample, as in `choose` of trials/selection.py."""
    starts = np.cumsum([0, *seeds[:-1]])
    losses = _over_seeds(rows.losses, starts)
    within = replace(rows, losses=_over_seeds(np.minimum(rows.losses, rows.widest), starts))
    scores = fold_means(losses, rows.folds).mean(axis=1)
    beyond = scores - fold_means(within.losses, rows.folds).mean(axis=1)
    every = np.ones(len(rows.folds), np.bool_)
    drawn = FoldMeans(rows.folds, within.losses, resamples(rows.groups, DRAWS)).of(every) / len(every) + beyond
    found = np.zeros((len(seeds), len(seeds), 3))
    for one, other in combinations(range(len(seeds)), 2):
        low, high = interval(drawn[:, one] - drawn[:, other])
        found[one, other] = scores[one] - scores[other], low, high
        found[other, one] = scores[other] - scores[one], -high, -low
    return found


def _over_seeds(losses: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    """(k, n) means of the rows from each start to the next."""
    return np.stack([part.mean(axis=0) for part in np.split(losses, starts[1:])])
