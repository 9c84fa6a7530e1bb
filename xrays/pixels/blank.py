"""Films on which nothing is to be seen: an exposure without a patient, a file of zeros.

is_blank(grey)          # of a film without its margins
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NEARLY = 3  # grey levels
MOST = (0.005, 0.995)  # of the pixels: a few letters do not make a film
GRID = 128  # places a side that are looked at


def is_blank(grey: NDArray[np.uint8]) -> bool:
    """Whether (H, W) has one value, or nearly so."""
    grid = grid_of(grey)
    shares = np.cumsum(np.bincount(grid.ravel(), minlength=256)) / grid.size
    low, high = np.searchsorted(shares, MOST)
    return bool(high - low <= NEARLY)


def grid_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) pixels of (H, W) at equal distances, at most twice GRID a side: what is seen on the whole is seen on
    them."""
    rows, columns = (max(1, side // GRID) for side in grey.shape)
    return grey[::rows, ::columns]
