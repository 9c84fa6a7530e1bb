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
    rows, columns = (max(1, side // GRID) for side in grey.shape)
    low, high = np.quantile(grey[::rows, ::columns], MOST)
    return bool(high - low <= NEARLY)
