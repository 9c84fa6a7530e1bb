"""Bands of age: for folds in which all of them are, and for figures by age.

bands_of(age)          # (n,) 0 for under 20, 1 for 20–29, …; -1 where the age is not known
BAND_NAMES[1]          # "20–29"
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

AGE_BANDS = (20, 30, 40, 50, 60, 70, 80)  # upper ends in years, the last band is open
BAND_NAMES = (
    f"under {AGE_BANDS[0]}",
    *(f"{low}–{high - 1}" for low, high in pairwise(AGE_BANDS)),
    f"{AGE_BANDS[-1]} and over",
)


def bands_of(age: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) number of the band of ages (n,) in years, -1 for NaN."""
    return np.where(np.isfinite(age), np.digitize(np.nan_to_num(age), AGE_BANDS), -1)
