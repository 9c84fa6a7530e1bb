"""Stretches of ids in which a label is another one than elsewhere: collections are often put together block by block.

blocks_of(values)           # [(0, 1200), (1200, 1530), …]: from, to
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST = 30  # films of a block
MOST = 24  # blocks
ENOUGH = 25.0  # how many times the scatter within a block a step must explain: chance has about 2 log n


def blocks_of(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """(from, to) of blocks of values (n,) with a mean of their own, in order and without gaps.

    Binary segmentation (Scott & Knott, Biometrics 30, 1974), the best cut first. The scatter is that of neighbours,
    which steps hardly change (von Neumann 1941).
    """
    scatter = float(np.mean(np.diff(values) ** 2)) / 2 if len(values) > 1 else 0.0
    sums = np.concatenate([[0.0], np.cumsum(values)])
    found = [(0, len(values))]
    while len(found) < MOST:
        gains = [(*_cut(sums, *block), place) for place, block in enumerate(found)]
        gain, at, place = max(gains)
        if gain <= ENOUGH * scatter or gain <= 0:
            break
        start, stop = found[place]
        found[place : place + 1] = [(start, at), (at, stop)]
    return found


def _cut(sums: NDArray[np.float64], start: int, stop: int) -> tuple[float, int]:
    """What the best cut of a block explains (sum of squares), and where it is."""
    at = np.arange(start + LEAST, stop - LEAST + 1)
    if not at.size:
        return 0.0, start
    left, right = at - start, stop - at
    steps = (sums[at] - sums[start]) / left - (sums[stop] - sums[at]) / right
    gains = left * right / (stop - start) * steps**2
    best = int(np.argmax(gains))
    return float(gains[best]), int(at[best])
