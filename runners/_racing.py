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


def _lost_epoch(task: Task, history: Sequence[TrialResult], curve: Sequence[float], epochs: int) -> bool:
    """Median rule on the first fold: worse than half of the curves that came as far. curve: objective after each
    epoch so far; epochs: of the full schedule."""
    reached = len(curve)
    if reached not in checkpoints(epochs):
        return False
    firsts = [result.folds[0].curve for result in history if result.folds and result.folds[0].fold == 0]
    peers = [task.loss(smoothed(peer[:reached])) for peer in firsts if len(peer) >= reached]
    return len(peers) >= PEERS and task.loss(smoothed(curve)) > statistics.median(peers)


def _lost_fold(task: Task, history: Sequence[TrialResult], folds: Sequence[FoldScore]) -> bool:
    """Paired with the best complete trial on the same folds: lost when worse by more than one standard error, the
    best trial's spread over folds standing for the unknown spread of the differences."""
    best = best_trial(history, task)
    if best is None:
        return False
    theirs = {fold.fold: task.loss(fold.metrics[task.objective]) for fold in best.folds}
    differences = [task.loss(fold.metrics[task.objective]) - theirs[fold.fold] for fold in folds]
    spread = statistics.stdev(theirs.values())
    return statistics.fmean(differences) > spread / math.sqrt(len(differences))


PRUNERS: Mapping[str, Pruner] = {
    "race": Pruner(_lost_epoch, _lost_fold),
    "none": Pruner(lambda *_: False, lambda *_: False),
}
