"""How far a score would move with other patients: the interval beside every score that is given to a reader.

    score_interval(task, truth, predicted, groups, folds)        # of a mean over folds, in the objective's own unit
    score_interval(task, truth, predicted, groups)               # of a hold-out
    score_intervals(task, truth, predicted, groups)["rmse"]      # of every metric there

Patients are drawn again with all their films (`xrays/statistics/bootstrap.py`); the score of a resample is put
together as the score itself is, fold by fold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trials.selection import FILM_LOSSES
from xrays.statistics.bootstrap import Interval, interval, means, resamples
from xrays.statistics.classification import auc, threshold_figures
from xrays.statistics.regression import regression_figures
from xrays.tasks import Task


def score_interval(
    task: Task,
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    groups: NDArray[np.str_],
    folds: NDArray[np.int8] | None = None,
) -> Interval:
    """95 %, of n films: truth, predicted, groups (n,), folds (n,) the fold that scored each, None for one score of
    all. NaN where other patients say nothing: one alone, an objective that is no mean over films, or resamples that
    are all alike."""
    loss, nothing = FILM_LOSSES.get(task.objective), Interval(np.nan, np.nan)
    if loss is None or len(np.unique(groups)) < 2:
        return nothing
    losses = loss(np.asarray(truth, np.float32), np.asarray(predicted, np.float32))
    fold_of = np.zeros(len(losses), np.int8) if folds is None else folds
    drawn = means(losses, fold_of[:, None] == np.unique(fold_of)[None], resamples(groups))
    # A resample that has no patient of a fold has no mean over folds.
    low, high = interval(drawn.mean(axis=1))
    return Interval(low, high) if task.direction == "min" else Interval(1 - high, 1 - low)


def score_intervals(
    task: Task, truth: NDArray[np.floating], predicted: NDArray[np.floating], groups: NDArray[np.str_]
) -> dict[str, Interval]:
    """95 % of every metric of the task, of n films as one; all of them from the same resamples. NaN where other
    patients say nothing."""
    if len(np.unique(groups)) < 2:
        return dict.fromkeys(task.metrics, Interval(np.nan, np.nan))
    weights = resamples(groups)
    if task.kind == "regression":
        drawn = regression_figures(truth, predicted, weights)
    else:
        drawn = {"auc": auc(truth, predicted, weights), **threshold_figures(truth, predicted, weights)[0]}
    return {name: interval(drawn[name]) for name in task.metrics}
