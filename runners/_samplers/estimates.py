"""One number a trial, for searchers that know only complete and failed ones.

    estimate(task, result, results)        # 10.4, the score that a pruned trial is told as; it is recorded with it
    loss_of(task, result)                  # of a complete or pruned trial, less is better

Folds differ by more than configurations do: a trial that lost the race on an easy fold would look better than the
best one if it were told by its own mean. So it is told by what it lost to the best trial on the folds of both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from runners._race.standing import incumbent
from trials.records import FoldScore, TrialResult
from xrays.tasks import Task


def estimate(task: Task, result: TrialResult, results: Sequence[TrialResult]) -> float | None:
    """The score of a pruned trial in the objective's unit; None for any other, and where it has none that is finite.

    results: those of the same search that had finished before. The best is the best complete one among them on the
    same budget (`max_epochs`): its mean plus the mean difference to it on the folds of both, but no better than its
    mean, since the trial has lost against it. Where there is no such trial, the mean of its own folds. Of its folds
    the complete ones count, where it has none the one in which the race was lost, up to that epoch.
    """
    folds = result.complete_folds or result.folds
    scores = [fold.metrics[task.objective] for fold in folds]
    if result.state != "pruned" or not scores or not all(map(math.isfinite, scores)):
        return None
    best = incumbent(task, [one for one in results if one.max_epochs == result.max_epochs])
    differences = _differences(task, folds, best.folds) if best else []
    if best is None or not differences:
        return statistics.fmean(scores)
    mean = statistics.fmean(best.fold_scores(task))
    return max(mean, mean + statistics.fmean(differences), key=task.loss)


def loss_of(task: Task, result: TrialResult) -> float | None:
    """The mean loss of a complete trial, of a pruned one that of its estimate; None for any other, and for a score
    that is no finite number."""
    if result.state == "pruned":
        return None if result.estimate is None else task.loss(result.estimate)
    scores = result.fold_scores(task) if result.state == "complete" else []
    return task.loss(statistics.fmean(scores)) if scores and all(map(math.isfinite, scores)) else None


def _differences(task: Task, folds: Sequence[FoldScore], best: Sequence[FoldScore]) -> list[float]:
    """Score less the other's score on every fold of both; in a fold that was stopped, less the one at that epoch."""
    differences, others = [], {fold.fold: fold for fold in best}
    for fold in folds:
        if (other := others.get(fold.fold)) is not None:
            at_end = fold.complete or len(other.curve) < fold.epochs
            value = other.metrics[task.objective] if at_end else other.curve[fold.epochs - 1]
            differences.append(fold.metrics[task.objective] - value)
    return [difference for difference in differences if math.isfinite(difference)]
