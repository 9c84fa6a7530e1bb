"""What the best trial loses on each film, and how far its mean is ahead of a baseline's: for whoever asks whether a
difference is more than luck.

    losses = film_losses(group.task, predictions.truth, predictions.predicted)
    ahead(group.task, predictions, "linear probe")          # Estimate(0.9, 0.4, 1.4): less loss, with its interval
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reports._evidence.winner import Estimate, Predictions
from trials.selection import FILM_LOSSES
from xrays.statistics.bootstrap import interval, means, resamples
from xrays.tasks import Task


def film_losses(
    task: Task, truth: NDArray[np.floating], predicted: NDArray[np.floating]
) -> NDArray[np.float64] | None:
    """(n,) what each film adds to the objective as a loss; None where that is no mean over films."""
    loss = FILM_LOSSES.get(task.objective)
    if loss is None:
        return None
    return np.asarray(loss(np.asarray(truth, np.float32), np.asarray(predicted, np.float32)), np.float64)


def ahead(task: Task, predictions: Predictions, baseline: str) -> Estimate | None:
    """By how much less the best trial loses than that baseline, as a mean over folds, with its 95 % interval: both on
    the same resamples of patients, as if the trial had been named before. None where one of them has no losses."""
    theirs = predictions.baselines.get(baseline)
    own = film_losses(task, predictions.truth, predictions.predicted)
    if theirs is None or own is None:
        return None
    other = film_losses(task, predictions.truth, theirs)
    assert other is not None
    members = predictions.folds[:, None] == np.unique(predictions.folds)[None]
    every = np.ones((1, len(own)))
    value = means(other - own, members, every)[0].mean()
    drawn = means(other - own, members, resamples(predictions.groups)).mean(axis=1)
    return Estimate(float(value), *interval(drawn))


def by_fold(losses: NDArray[np.float64], predictions: Predictions, folds: NDArray[np.integer]) -> NDArray[np.float64]:
    """(2, k) mean loss in each of k folds, and its standard error over patients."""
    members = predictions.folds[:, None] == folds[None]
    centre = means(losses, members, np.ones((1, len(losses))))[0]
    return np.stack([centre, np.nanstd(means(losses, members, resamples(predictions.groups)), axis=0)])
