"""What maps come to: the share of attention on the border, and how much a map owes to the learnt weights.

border_share(maps)                    # (n,) against border_area(size)
alikeness(maps, shuffled)             # 0: nothing in common, 1: the same up to a monotone change
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BORDER = 0.1  # of a film's side, on each side
LIMIT = 0.7  # maps as alike as that hardly depend on what was learnt


def frame(size: int) -> NDArray[np.bool_]:
    """(size, size): the outer tenth of a film."""
    width = round(BORDER * size)
    inside = np.zeros((size, size), bool)
    inside[width : size - width, width : size - width] = True
    return ~inside


def border_area(size: int) -> float:
    """The share that the border has of a film's area: what attention spread evenly would put there."""
    return float(frame(size).mean())


def border_share(maps: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n, S, S), signs do not matter, to (n,); NaN for a blank map."""
    attention = np.abs(maps.astype(np.float64))
    total = attention.sum(axis=(1, 2))
    on_border = attention[:, frame(maps.shape[1])].sum(axis=1)
    shares: NDArray[np.float64] = np.divide(on_border, total, out=np.full(len(maps), np.nan), where=total > 0)
    return shares


def alikeness(maps: NDArray[np.float32], shuffled: NDArray[np.float32]) -> float | None:
    """Mean over films and draws of the rank correlation between a film's map (m, h, w) and its maps with shuffled
    weights (draws, m, h, w), without its sign: a map turned inside out shows the same places. None when all are
    blank."""
    own = _ranks(maps[: shuffled.shape[1]])
    found = np.concatenate([np.abs((own * _ranks(draw)).sum(axis=1)) for draw in shuffled])
    known = found[np.isfinite(found)]
    return float(known.mean()) if known.size else None


def _ranks(maps: NDArray[np.float32]) -> NDArray[Any]:
    """(n, h·w) ranks of each map, of mean 0 and length 1; NaN for a blank one."""
    ranks = pd.DataFrame(maps.reshape(len(maps), -1)).rank(axis=1).to_numpy()
    ranks = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((ranks**2).sum(axis=1, keepdims=True))
    scaled: NDArray[Any] = np.divide(ranks, length, out=np.full_like(ranks, np.nan), where=length > 0)
    return scaled
