"""The interval of an AUC without resampling, for films that are independent of each other.

    score, variance = delong(truth, predicted)
    delong_interval(truth, predicted)              # Interval(low, high)

Each film must be of a patient of its own: films of one patient resemble each other, and the interval would come out
too short. With clusters use `xrays.statistics.bootstrap`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.bootstrap import Interval


def delong(truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> tuple[float, float]:
    """AUC and its variance (DeLong, DeLong & Clarke-Pearson, Biometrics 44, 1988, 837-845), from ranks instead of
    all pairs (Sun & Xu, IEEE Signal Processing Letters 21, 2014, 1389-1393).

    truth: (n,) 0 or 1; predicted: (n,). NaN for one class alone; the variance also for one film of a class.
    """
    positive, negative = predicted[truth == 1], predicted[truth == 0]
    m, n = len(positive), len(negative)
    if not m or not n:
        return float("nan"), float("nan")
    joint = _midranks(np.concatenate([positive, negative]))
    # Share of the other class that each film stands on the right side of.
    above = (joint[:m] - _midranks(positive)) / n
    below = 1 - (joint[m:] - _midranks(negative)) / m
    if m < 2 or n < 2:
        return float(above.mean()), float("nan")
    return float(above.mean()), float(above.var(ddof=1) / m + below.var(ddof=1) / n)


def _midranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) ranks from 1 on; equal values share the mean of theirs."""
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[position], np.float64)


def delong_interval(truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> Interval:
    """The AUC's 95 % interval by the normal distribution, kept within 0…1."""
    score, variance = delong(truth, predicted)
    reach = 1.959964 * np.sqrt(variance)
    low, high = np.clip([score - reach, score + reach], 0, 1)
    return Interval(float(low), float(high))
