"""When a bad trial ends early. Pure functions of recorded values, so that the same seed gives the same search.

    race.lost_epoch(task, history, curve, epochs)     # within the first fold
    race.lost_fold(task, history, folds)              # after a fold, before the next

`history` holds the trials that had been told when this one was asked for, whatever has finished since.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trials.records import FoldScore, TrialResult, best_trial
from xrays.tasks import Task

PEERS = 4  # curves to compare with before one is stopped
MARGIN = 1.5  # standard errors by which a trial must be worse than the best: 7 % of equals are, by luck
SMOOTHING = 3  # epochs: validation scores of small sets jump from one epoch to the next


@dataclass(frozen=True)
class Pruner:
    lost_epoch: Callable[[Task, Sequence[TrialResult], Sequence[float], int], bool]
    lost_fold: Callable[[Task, Sequence[TrialResult], Sequence[FoldScore]], bool]


def smoothed(curve: Sequence[float]) -> float:
    """The median of the last few epochs."""
    return statistics.median(curve[-SMOOTHING:])


def checkpoints(epochs: int) -> set[int]:
    """Numbers of epochs after which the first fold's curve is judged: half and three quarters of the schedule."""
    return {n for n in (math.ceil(epochs / 2), math.ceil(epochs * 3 / 4)) if SMOOTHING <= n < epochs}


def standard_error(task: Task, fold: FoldScore) -> float:
    """Of the fold's score, from the films that it was scored on: how far luck alone moves it.

    Accuracy: binomial. Mean absolute error: the absolute errors' standard deviation, which is the root of
    RMSE² - MAE², over the root of the number of films.
    """
    if not fold.films:
        return 0.0
    if task.kind == "binary":
        share = fold.metrics["accuracy"]
        # Agresti-Coull: a perfect or useless score on few films is no certainty.
        share = (share * fold.films + 2) / (fold.films + 4)
        return math.sqrt(share * (1 - share) / fold.films)
    return math.sqrt(max(0.0, fold.metrics["rmse"] ** 2 - fold.metrics["mae"] ** 2) / fold.films)


def _lost_epoch(task: Task, history: Sequence[TrialResult], curve: Sequence[float], epochs: int) -> bool:
    """Median rule on the first fold: worse, by more than a standard error, than half of the curves that came as
    far. curve: objective after each epoch so far; epochs: of the full schedule."""
    reached = len(curve)
    if reached not in checkpoints(epochs):
        return False
    firsts = [result.folds[0] for result in history if result.folds and result.folds[0].fold == 0]
    peers = [fold for fold in firsts if len(fold.curve) >= reached]
    if len(peers) < PEERS:
        return False
    theirs = statistics.median(task.loss(smoothed(fold.curve[:reached])) for fold in peers)
    luck = statistics.median(standard_error(task, fold) for fold in peers)
    return task.loss(smoothed(curve)) > theirs + luck


def _lost_fold(task: Task, history: Sequence[TrialResult], folds: Sequence[FoldScore]) -> bool:
    """Paired with the best complete trial on the same folds: lost when worse by more than MARGIN standard errors.

    The difference of two models on the same films varies about as much as one score does: twice the variance, less
    what they have in common, which is about half.
    """
    best = best_trial(history, task)
    if best is None:
        return False
    theirs = {fold.fold: fold for fold in best.folds}
    losses = [task.loss(fold.metrics[task.objective]) for fold in folds]
    differences = [
        loss - task.loss(theirs[fold.fold].metrics[task.objective]) for loss, fold in zip(losses, folds, strict=True)
    ]
    luck = statistics.fmean(standard_error(task, theirs[fold.fold]) for fold in folds)
    return statistics.fmean(differences) > MARGIN * luck / math.sqrt(len(folds))


PRUNERS: Mapping[str, Pruner] = {
    "race": Pruner(_lost_epoch, _lost_fold),
    "none": Pruner(lambda *_: False, lambda *_: False),
}
