"""What more draws would be expected to bring, of which only the best counts.

    gain = gain_of_more(inside, outside, draws=114, more=114, seed=0)
    gain.mean, gain.interval

The expected best of the first so many of n draws, in whatever order they may come, needs no model: it is a weighted
mean of the ordered draws (the unbiased estimate of Tang et al. 2020, arXiv:2004.13705, for what Dodge et al. 2019,
doi:10.18653/v1/D19-1224, plot against the budget). Beyond n it says nothing. There the best is taken to go on with
the logarithm of the number of draws: from n to n·r it gains what it has gained from n/r to n. That is how the best of
draws with an exponential tail goes (Gumbel, Statistics of Extremes, 1958); where there is a limit to how good a draw
can be, as with every error, less comes than that. So it is told of twice as many at most.

The best by noisy scores is partly the luckiest, and of more draws luckier still. So the best is chosen by the scores
on one part of what was measured, and looked at on the other part, many times over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.bootstrap import Interval, middle

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Gain:
    """mean: by how much less the best of all loses, positive for a gain; interval: of what may come, the middle 95 %
    over resamples and orders of the draws; chance: that any of the further draws scores better than all before, which
    for draws in any order is their share of all, whether or not that is more than luck."""

    mean: float
    interval: Interval
    chance: float


def gain_of_more(inside: Floats, outside: Floats, draws: int, more: int, seed: int = 0) -> Gain:
    """What `more` further draws, as many as there were at most, would bring.

    inside, outside: (resamples, ranked) losses of the draws that may be the best, on what a resample has and on what
    it has not; NaN in `outside` where it has all. draws: of all, with those that were given up since they could not
    be the best.
    """
    if not 0 < more <= draws:
        raise ValueError(f"{more} more than {draws}")
    before = max(1, round(draws * draws / (draws + more)))
    weights = first_best(draws, before, inside.shape[1])
    ordered = np.take_along_axis(outside, np.argsort(inside, axis=1, kind="stable"), axis=1)
    ordered = ordered[np.isfinite(ordered).all(axis=1)].astype(np.float64)
    if not len(ordered):
        return Gain(np.nan, Interval(np.nan, np.nan), more / (draws + more))
    came = np.random.default_rng(seed).choice(len(weights), size=len(ordered), p=weights)
    one = ordered[np.arange(len(ordered)), came] - ordered[:, 0]
    return Gain(float((ordered @ weights - ordered[:, 0]).mean()), middle(one), more / (draws + more))


def first_best(draws: int, first: int, ranked: int) -> NDArray[np.float64]:
    """(ranked,) how likely each of the best so many of all draws, the best first, is the best among those that come
    first, if they come in any order and one of these is among them."""
    place = np.arange(1, ranked)
    left = np.maximum(draws - place - (first - 1), 0) / np.maximum(draws - place, 1)
    weights = np.concatenate([[first / draws], first / draws * np.cumprod(left)])
    return np.asarray(weights / weights.sum(), np.float64)
