"""How good predictions of a number are, on all films or on many resamples of them at once.

    every = np.ones((1, n))
    regression_figures(truth, predicted, every)["mae"][0]              # the figure itself
    interval(regression_figures(truth, predicted, resamples(groups))["mae"])

One function gives the figure and its resamples, so the two cannot differ in what they compute.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Below this slope a line of predictions over true values says so little that turning it round gives noise.
FLATTEST = 0.1


def regression_figures(
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    weights: NDArray[np.floating],
    tolerances: Sequence[float] = (),
) -> dict[str, NDArray[np.floating]]:
    """Name -> (draws,): mae, rmse, bias (predicted minus true), r2, calibration_slope, and for each of the tolerances
    within_5, the share of films with an error of at most 5; NaN where a resample has none.

    truth, predicted: (n,) in the label's unit; weights: (draws, n) how often each film counts. The calibration
    slope is that of the true over the predicted value (Steyerberg, Clinical Prediction Models, 2nd ed. 2019, chapter
    15): 1 when predictions are spread as widely as they should be, below 1 when they are too extreme.
    """
    # Centred: squares of small numbers lose no digits in float32.
    t, p = truth - truth.mean(dtype=np.float64), predicted - predicted.mean(dtype=np.float64)
    error = predicted - truth
    absolute = np.abs(error)
    columns = [absolute, error**2, error, t, t * t, p, p * p, p * t, *(absolute <= most for most in tolerances)]
    sums = weights @ np.stack(columns, axis=1).astype(weights.dtype)
    total = weights.sum(axis=1)
    mae, square, bias, t1, t2, p1, p2, pt, *within = (sums / total[:, None]).T
    spread = _positive(t2 - t1**2, t2)
    return {
        "mae": mae,
        "rmse": np.sqrt(square),
        "bias": bias,
        "r2": 1 - square / spread,
        "calibration_slope": (pt - p1 * t1) / _positive(p2 - p1**2, p2),
        **{f"within_{most:g}": share for most, share in zip(tolerances, within, strict=True)},
    }


def _positive(variance: NDArray[np.floating], scale: NDArray[np.floating]) -> NDArray[np.floating]:
    """NaN where a variance is no more than rounding: equal values need not have variance 0 to the last bit."""
    return np.where(variance > 1e-5 * np.abs(scale), variance, np.nan)


def weighted_median(values: NDArray[np.floating], weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """(draws,) median of values (n,), each counted as often as weights (draws, n) says; every row counts some."""
    order = np.argsort(values, kind="stable")
    ascending, last = values[order], len(values) - 1
    medians = np.empty(len(weights))
    for draw, row in enumerate(weights):  # row by row: all of them at once would leave the processor's cache
        counted = np.cumsum(row[order])
        # Of an even number of values the mean of the two in the middle, like np.median.
        low, high = np.searchsorted(counted, counted[-1] / 2), np.searchsorted(counted, counted[-1] / 2, side="right")
        medians[draw] = (ascending[low] + ascending[min(high, last)]) / 2
    return medians


def corrected(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], folds: NDArray[np.integer]
) -> NDArray[np.floating]:
    """(n,) predictions without their pull to the mean: for each fold a line predicted = a + b * true is fitted on
    the films of all other folds, and turned round (Cole et al., Molecular Psychiatry 23, 2018, 1385-1392).

    The true value of a film has no part in its own correction. NaN in all places where there is one fold alone, or a
    line is flatter than FLATTEST.
    """
    straight = np.full(len(truth), np.nan)
    for fold in np.unique(folds):
        inside, outside = folds == fold, folds != fold
        if len(np.unique(truth[outside])) < 2:  # no line through less than two values
            return np.full(len(truth), np.nan)
        slope, start = np.polyfit(truth[outside].astype(float), predicted[outside].astype(float), 1)
        if not slope >= FLATTEST:
            return np.full(len(truth), np.nan)
        straight[inside] = (predicted[inside] - start) / slope
    return straight


def pull(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(draws,) slope of predicted over true values: 1 without regression to the mean, 0 for a constant."""
    t, p = truth - truth.mean(dtype=np.float64), predicted - predicted.mean(dtype=np.float64)
    sums = weights @ np.stack([t, t * t, p, p * t], axis=1).astype(weights.dtype)
    t1, t2, p1, pt = (sums / weights.sum(axis=1)[:, None]).T
    return np.asarray((pt - p1 * t1) / _positive(t2 - t1**2, t2))


def agreement(difference: NDArray[np.floating], weights: NDArray[np.floating]) -> dict[str, NDArray[np.floating]]:
    """Name -> (draws,): bias, lower, upper: mean difference and limits of agreement, 1.96 standard deviations to
    both sides of it (Bland & Altman, The Lancet 327, 1986, 307-310). difference: (n,); NaN for one film alone."""
    total = weights.sum(axis=1)
    sums = weights @ np.stack([difference, difference**2], axis=1).astype(weights.dtype)
    first, second = (sums / total[:, None]).T
    spare = np.where(total > 1, total - 1, np.nan)
    reach = 1.96 * np.sqrt(np.maximum(second - first**2, 0) * total / spare)
    return {"bias": first, "lower": first - reach, "upper": first + reach}
