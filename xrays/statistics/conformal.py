"""An interval around a predicted number that holds for new patients as often as it says.

    around = fitted(labels, predictions, patients)        # of films that no network was trained on that answers
    predicted - around.half_width(predicted), predicted + around.half_width(predicted)

Split conformal prediction (Lei et al. 2018, JASA 113) on out-of-fold residuals: half the width is the residual that
`level` of the patients stay below. A patient's films weigh one together, since they resemble each other (Dunn et al.
2023, JASA 118); of so many patients the level is raised by one more, as if the next one were the worst. Where errors
hang on the prediction, the width does, too (locally weighted, section 5.2 of Lei et al.), if that makes intervals
shorter on average on patients that were not fitted on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.parts import parts_of

LEVEL = 0.9
BINS = 8  # of as many films each, in which the size of a residual is looked at
FEWEST = 25  # films of a bin: with fewer, the width is the same everywhere
SHORTER = 0.99  # of the width that is the same everywhere, that of a local one has to be at most


@dataclass(frozen=True)
class Around:
    """level: share of patients' films that is promised; quantile: of residuals, divided by the scale; at, scale:
    a residual's usual size by prediction, straight lines in between, constant outside; scale 1 where it is the same
    everywhere."""

    level: float
    quantile: float
    at: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (1.0,)

    def half_width(self, predictions: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) in the label's unit."""
        return self.quantile * np.interp(np.asarray(predictions, np.float64), self.at, self.scale)

    def covers(self, labels: NDArray[np.floating], predictions: NDArray[np.floating]) -> NDArray[np.bool_]:
        """(n,) whether the label is within the interval."""
        return np.asarray(np.abs(labels - predictions) <= self.half_width(predictions))


Fit = Callable[[NDArray[np.floating], NDArray[np.floating], NDArray[np.generic], float], Around | None]


def fitted(
    labels: NDArray[np.floating],
    predictions: NDArray[np.floating],
    patients: NDArray[np.generic],
    level: float = LEVEL,
) -> Around | None:
    """labels, predictions: (n,) in the label's unit; patients: (n,) whose film each is. None for so few patients that
    no residual is large enough."""
    same = _same(labels, predictions, patients, level)
    if same is None or len(labels) < BINS * FEWEST:
        return same
    local = _local(labels, predictions, patients, level)
    widths = [unseen(labels, predictions, patients, level, fit) for fit in (_local, _same)]
    if widths[0] is None or widths[1] is None:
        return same
    return local if widths[0].sum() < SHORTER * widths[1].sum() else same


def unseen(
    labels: NDArray[np.floating],
    predictions: NDArray[np.floating],
    patients: NDArray[np.generic],
    level: float = LEVEL,
    fit: Fit = fitted,
) -> NDArray[np.float64] | None:
    """(n,) half the width of every interval as the residuals of other patients give it (`parts_of`), in the label's
    unit. None where they are too few."""
    half = np.empty(len(labels))
    for own in parts_of(patients):
        around = fit(labels[~own], predictions[~own], patients[~own], level)
        if around is None:
            return None
        half[own] = around.half_width(predictions[own])
    return half


def _same(
    labels: NDArray[np.floating], predictions: NDArray[np.floating], patients: NDArray[np.generic], level: float
) -> Around | None:
    quantile = _quantile(np.abs(labels - predictions), patients, level)
    return None if quantile is None else Around(level, quantile)


def _local(
    labels: NDArray[np.floating], predictions: NDArray[np.floating], patients: NDArray[np.generic], level: float
) -> Around | None:
    residuals = np.abs(labels - predictions)
    bins = np.array_split(np.argsort(predictions, kind="stable"), BINS)
    at = np.array([float(np.mean(predictions[rows])) for rows in bins])
    sizes = np.array([float(np.mean(residuals[rows])) for rows in bins])
    # Neighbours speak for each other: a bin has few films.
    padded = np.concatenate([sizes[:1], sizes, sizes[-1:]])
    smooth = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    kept = np.concatenate([[True], np.diff(at) > 0])
    scale = np.maximum(smooth, 1e-3 * float(smooth.max()) + 1e-9)[kept]
    line = Around(level, 1.0, tuple(at[kept].tolist()), tuple(scale.tolist()))
    quantile = _quantile(residuals / line.half_width(predictions), patients, level)
    return None if quantile is None else Around(level, quantile, line.at, line.scale)


def _quantile(residuals: NDArray[np.floating], patients: NDArray[np.generic], level: float) -> float | None:
    """The smallest residual that films with a weight of `level` do not exceed, every patient weighing one. None where
    that would take more patients."""
    _, number, films = np.unique(patients, return_inverse=True, return_counts=True)
    order = np.argsort(residuals, kind="stable")
    weight = np.cumsum((1 / films)[number][order]) / (len(films) + 1)
    enough = np.flatnonzero(weight >= level - 1e-9)
    return float(residuals[order[enough[0]]]) if len(enough) else None
