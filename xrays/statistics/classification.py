"""How good predicted probabilities of two classes are, on all films or on many resamples of them at once.

    auc(truth, predicted, np.ones((1, n)))[0]                          # the figure itself
    interval(auc(truth, predicted, resamples(groups)))
    roc(cumulative(truth, predicted, np.ones((1, n))), grid)[0]

The films are sorted once for all resamples; everything else follows from sums of their weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.calibration import logit
from xrays.statistics.logistic import coefficients

MOST_THRESHOLDS = 200  # of a curve: two points of it are half a percent of the films apart


def auc(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(draws,) share of pairs of a positive and a negative in which the positive scores higher, ties a half; NaN
    where a resample has one class alone.

    truth: (n,) 0 or 1; predicted: (n,) larger where 1 is more likely; weights: (draws, n).
    """
    positive, negative = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
    positive = positive[np.argsort(predicted[positive], kind="stable")]
    # How many positives score less than each negative, and how many at most as much.
    less, most = (np.searchsorted(predicted[positive], predicted[negative], side) for side in ("left", "right"))
    areas = np.empty(len(weights))
    for draw, row in enumerate(weights):  # row by row: all of them at once would leave the processor's cache
        below = np.append(0, np.cumsum(row[positive], dtype=np.float64))
        counts = row[negative]
        pairs = counts @ (below[-1] - (below[less] + below[most]) / 2)
        whole = below[-1] * counts.sum(dtype=np.float64)
        areas[draw] = pairs / whole if whole else np.nan
    return areas


@dataclass(frozen=True)
class Cumulative:
    """thresholds: (m,) scores, the highest first. positives, negatives: (draws, m) films of each class with a score
    of at least the threshold; the last column holds all of the class."""

    thresholds: NDArray[np.floating]
    positives: NDArray[np.floating]
    negatives: NDArray[np.floating]


def cumulative(
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    weights: NDArray[np.floating],
    most: int = MOST_THRESHOLDS,
) -> Cumulative:
    """Arguments as for `auc`. Every distinct score is a threshold; of more than `most` those that part the films
    evenly."""
    scores = np.unique(predicted)[::-1]
    if len(scores) > most:
        scores = np.unique(np.quantile(predicted, np.linspace(0, 1, most), method="lower"))[::-1]
    # The step from one threshold to the next as one column: a product of matrices adds up all resamples.
    step = np.searchsorted(-scores, -predicted)
    columns = np.zeros((len(truth), 2 * len(scores)), weights.dtype)
    columns[np.arange(len(truth)), step + np.where(truth == 1, 0, len(scores))] = 1
    sums = weights @ columns
    positives, negatives = (np.cumsum(half, axis=1) for half in np.split(sums, 2, axis=1))
    return Cumulative(scores, positives, negatives)


def _share(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.floating]:
    """part / whole, NaN where there is nothing to take a share of."""
    return np.asarray(part / np.where(whole > 0, whole, np.nan))


def roc(counts: Cumulative, grid: NDArray[np.floating]) -> NDArray[np.floating]:
    """(draws, g) sensitivity at each false positive rate of `grid` (g,), ascending within 0…1. Between two thresholds
    the curve is straight, as the AUC has it; where it rises, its upper end."""
    curves = np.full((len(counts.positives), len(grid)), np.nan)
    true = _share(counts.positives.astype(np.float64), counts.positives[:, -1:])
    false = _share(counts.negatives.astype(np.float64), counts.negatives[:, -1:])
    for row, x, y in zip(curves, false, true, strict=True):
        if np.isfinite(x[0]) and np.isfinite(y[0]):
            # A little to the right of a rise, where there is one answer.
            row[:] = np.interp(grid + 1e-9, np.append(0, x), np.append(0, y))
    return curves


def precision(counts: Cumulative, grid: NDArray[np.floating]) -> NDArray[np.floating]:
    """(draws, g) precision at the highest threshold whose recall reaches each value of `grid` (g,), ascending within
    0…1. No straight lines here: between two thresholds precision is no linear function of recall (Davis & Goadrich,
    ICML 2006)."""
    curves = np.full((len(counts.positives), len(grid)), np.nan)
    recall = _share(counts.positives, counts.positives[:, -1:])
    precise = _share(counts.positives, counts.positives + counts.negatives)
    for row, x, y in zip(curves, recall, precise, strict=True):
        if np.isfinite(x[0]):
            # Below the first recall that is reached the curve starts at the first threshold that finds any film.
            start = np.searchsorted(x, 0, side="right")
            row[:] = y[np.maximum(np.searchsorted(x, grid - 1e-6), start)]
    return curves


def threshold_figures(
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    weights: NDArray[np.floating],
    thresholds: Sequence[float] = (0.5,),
) -> list[dict[str, NDArray[np.floating]]]:
    """For each threshold name -> (draws,): accuracy, balanced_accuracy, sensitivity, specificity, positive_value,
    negative_value, called_positive, when films from it on are called positive; NaN where there is none to count."""
    positive = truth == 1
    called = [predicted >= threshold for threshold in thresholds]
    columns = [positive, *called, *(positive & each for each in called)]
    sums = (weights @ np.stack(columns, axis=1).astype(weights.dtype)).T
    positives, total = sums[0], weights.sum(axis=1)
    negatives = total - positives
    return [
        _at_threshold(hit, yes, positives, negatives)
        for yes, hit in zip(sums[1 : 1 + len(called)], sums[1 + len(called) :], strict=True)
    ]


def _at_threshold(
    hit: NDArray[np.floating],
    yes: NDArray[np.floating],
    positives: NDArray[np.floating],
    negatives: NDArray[np.floating],
) -> dict[str, NDArray[np.floating]]:
    spared, total = negatives - (yes - hit), positives + negatives
    sensitivity, specificity = _share(hit, positives), _share(spared, negatives)
    return {
        "accuracy": (hit + spared) / total,
        "balanced_accuracy": (sensitivity + specificity) / 2,
        "sensitivity": sensitivity,
        "specificity": specificity,
        "positive_value": _share(hit, yes),
        "negative_value": _share(spared, total - yes),
        "called_positive": yes / total,
    }


def counted(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], threshold: float = 0.5
) -> dict[str, NDArray[np.bool_]]:
    """Name -> (n,) the films that each of the `threshold_figures` that is a share is a share of."""
    every, called = np.ones(len(truth), np.bool_), predicted >= threshold
    classes = {"sensitivity": truth == 1, "specificity": truth == 0}
    return {
        "accuracy": every,
        "called_positive": every,
        **classes,
        "positive_value": called,
        "negative_value": ~called,
    }


def brier(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(draws,) mean squared difference of probability and class (Brier, Monthly Weather Review 78, 1950)."""
    squares = (predicted - truth) ** 2
    return np.asarray(weights @ squares.astype(weights.dtype) / weights.sum(axis=1))


def calibration_error(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating], bins: int = 10
) -> NDArray[np.floating]:
    """(draws,) expected calibration error: how far the mean probability of a bin is from its share of positives, the
    mean over films (Naeini et al., AAAI 2015), with bins of as many films each (Nguyen and O'Connor 2015). Of few
    films it is above 0 even where probabilities are right."""
    order = np.argsort(predicted, kind="stable")
    members = np.zeros((len(predicted), min(bins, len(predicted))), weights.dtype)
    for number, rows in enumerate(np.array_split(order, members.shape[1])):
        members[rows, number] = 1
    gaps = np.abs(weights @ (members * (predicted - truth)[:, None].astype(weights.dtype)))
    return np.asarray(gaps.sum(axis=1) / weights.sum(axis=1))


def calibration_line(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """(draws,) intercept with the slope held at 1, and slope, of a logistic regression of the class on the logit of
    the probability (Cox, Biometrika 45, 1958; Steyerberg, Clinical Prediction Models, 2nd ed. 2019, chapter 15): 0
    and 1 where probabilities are right. NaN where a resample has one class alone, or the classes do not overlap."""
    x = logit(predicted)
    alone = coefficients(np.zeros((len(x), 0)), truth, weights, x)
    return alone[:, 0], coefficients(x[:, None], truth, weights)[:, 1]
