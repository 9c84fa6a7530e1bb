"""What maps come to: the share of attention on the border, and how much a map owes to the learnt weights.

border_share(maps)                    # (n,) against BORDER_AREA and border_share of maps with shuffled weights
alikeness(maps, shuffled)             # against chance(places): 1 is the same up to a monotone change
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BORDER = 0.1  # of a film's side, on each side
BORDER_AREA = 1 - (1 - 2 * BORDER) ** 2  # what attention spread evenly puts there
# Of the way from chance to the same map. Adebayo et al. (2018) look at maps and give no threshold; these are ours.
# Independent noise whose neighbours are as alike as those of a mean over 5 × 5 places stays below a fifth of the way,
# on maps of 4 × 4 to 16 × 16 places. A half is where a map is nearer to the same than to chance.
SMOOTH, HALF = 0.2, 0.5


def border_share(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, h, w), signs do not matter, to (n,); NaN for a blank map.

    A place counts with the part of it that lies on the border, so that an even map gives just the border's area.
    """
    attention = np.abs(maps.astype(np.float64))
    total = attention.sum(axis=(1, 2))
    rows, columns = (_inside(places) for places in maps.shape[1:])
    on_border = (attention * (1 - np.outer(rows, columns))).sum(axis=(1, 2))
    known = np.isfinite(total) & (total > 0)
    shares: NDArray[np.float64] = np.divide(on_border, total, out=np.full(len(maps), np.nan), where=known)
    return shares


def _inside(places: int) -> NDArray[np.float64]:
    """(places,) how much of each of them is not on the border, in one direction."""
    ends = np.linspace(0, 1, places + 1).clip(BORDER, 1 - BORDER)
    return np.asarray(np.minimum(np.diff(ends) * places, 1.0), np.float64)


def mean_share(shares: NDArray[np.float64], weights: NDArray[np.float64] | float = 1.0) -> float | None:
    """Of the maps that are not blank; None when all are. shares: (n,), NaN for a blank one; weights: (n,) or one."""
    known = np.isfinite(shares)
    counted = np.broadcast_to(weights, shares.shape)[known]
    return float(np.average(shares[known], weights=counted)) if known.any() else None


def border_verdict(interval: Sequence[float] | None, shuffled: Sequence[float], places: Sequence[int]) -> str | None:
    """A key of ON_BORDER (trials/explained.py): "above" when the whole interval of the share is above the area and
    above each network with shuffled weights. None for blank maps, or if all of those are blank. places: (h, w)."""
    if interval is None or not shuffled:
        return None
    if min(places) < 1 / BORDER:
        return "too coarse"
    return "above" if interval[0] > max(BORDER_AREA, *shuffled) else "not above"


def alikeness(maps: NDArray[np.float32], shuffled: NDArray[np.float32]) -> float | None:
    """Mean over films and draws of the rank correlation between a film's map (m, h, w) and its maps with shuffled
    weights (draws, m, h, w), without its sign: a map turned inside out shows the same places. None when all are
    blank."""
    ranks = _ranks(maps[: shuffled.shape[1]])
    correlations = np.concatenate([np.abs((ranks * _ranks(draw)).sum(axis=1)) for draw in shuffled])
    known = correlations[np.isfinite(correlations)]
    return float(known.mean()) if known.size else None


def chance(places: int) -> float:
    """What `alikeness` comes to for maps of so many places that have nothing to do with each other: the mean size of
    the correlation of independent normal numbers, whose square is Beta(1/2, places/2 − 1). Neighbouring places that
    resemble each other raise it (see SMOOTH)."""
    return math.exp(math.lgamma((places - 1) / 2) - math.lgamma(places / 2)) / math.sqrt(math.pi)


def sanity_verdict(alike: float | None, places: int) -> str:
    """A key of ON_WEIGHTS (trials/explained.py): "chance" is no more than smooth maps have by chance."""
    if alike is None:
        return "blank"
    gained, whole = alike - chance(places), 1 - chance(places)
    return "chance" if gained < SMOOTH * whole else "nearer chance" if gained < HALF * whole else "nearer same"


def _ranks(maps: NDArray[np.float32]) -> NDArray[Any]:
    """(n, h·w) ranks of each map, of mean 0 and length 1; NaN for a blank one."""
    ranks = pd.DataFrame(maps.reshape(len(maps), -1)).rank(axis=1).to_numpy()
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((ranks**2).sum(axis=1, keepdims=True))
    scaled: NDArray[Any] = np.divide(ranks, length, out=np.full_like(ranks, np.nan), where=length > 0)
    return scaled
