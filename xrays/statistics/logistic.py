"""Logistic regression of a class on one number, for many weightings of the films at once.

probability(0.0)                                        # 0.5
coefficients(x[:, None], y, np.ones((1, n)))            # (1, 2): intercept, slope
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 2**22  # weights that Newton's method works on: three arrays of as many take 100 MB
STEPS = 30  # of Newton's method, which takes five where there is an end


def probability(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logistic function."""
    return np.asarray((1 + np.tanh(np.asarray(logits, np.float64) / 2)) / 2)


def coefficients(
    x: NDArray[np.float64],
    y: NDArray[np.floating],
    weights: NDArray[np.floating],
    offset: NDArray[np.float64] | float = 0.0,
) -> NDArray[np.float64]:
    """(draws, 1 + k): intercept, and slopes of x (n, k), which may have none. y: (n,) 0 or 1; weights: (draws, n);
    offset: added to the logit, (n,). By Newton's method; NaN where there is no end, as with one class alone, or two
    that do not overlap."""
    parts = np.array_split(weights, -(-weights.size // AT_ONCE))
    return np.concatenate([_newton(np.column_stack([np.ones(len(y)), x]), y, part, offset) for part in parts])


def _newton(
    design: NDArray[np.float64],
    y: NDArray[np.floating],
    weights: NDArray[np.floating],
    offset: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    size = design.shape[1]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(y), -1)
    found, step = np.zeros((len(weights), size)), np.full((len(weights), size), np.inf)
    for _ in range(STEPS):
        p = probability(found @ design.T + offset)
        slope = (weights * (y - p)) @ design
        bend = ((weights * p * (1 - p)) @ squares).reshape(-1, size, size) + 1e-9 * np.eye(size)
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        found += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    found[np.abs(step).max(axis=1) >= 1e-3] = np.nan
    return found
