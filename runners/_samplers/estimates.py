"""One number a trial, for searchers that know only complete and failed ones.

    estimates(task, results)        # {0: 9.8, 1: 10.4, 3: 10.4}: number -> loss, less is better

Folds differ by more than configurations do: a trial that lost the race on an easy fold would look better than the
best one if it were told by its own mean. So it is told by what it lost to the best trial on the folds of both.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from trials.records import FoldScore, TrialResult, best_trial
from xrays.tasks import Task


def estimates(task: Task, results: Sequence[TrialResult]) -> dict[int, float]:
    """Trial number -> finite loss in the objective's unit, whatever the order in which the trials finished.

    complete: the mean of its folds. pruned: the best complete trial's mean plus the mean difference to it on the
    folds of both, before any is complete the mean of its own; from complete folds, where it has none from the one in
    which the race was lost, up to that epoch. infeasible, or with a score that is no number: the worst of all others.
    failed: nothing, as also for an infeasible one while no loss is known. The best is one of the same budget
    (`planned`) and of this search: trials of another one have numbers below 0, and their folds may hold other films.
    """
    judged = {result.number: _losses(task, result.complete_folds or result.folds) for result in results}
    complete = [result for result in results if result.state == "complete" and _finite(judged[result.number])]
    budgets = {result.planned for result in complete}
    bests = {n: best_trial([r for r in complete if r.planned == n and r.number >= 0], task) for n in budgets}
    known = {result.number: statistics.fmean(judged[result.number].values()) for result in complete}
    for result in results:
        losses, best = judged[result.number], bests.get(result.planned)
        if result.state == "pruned" and _finite(losses):
            behind = _behind(task, result, best) if best else []
            known[result.number] = (
                known[best.number] + statistics.fmean(behind)
                if best and behind
                else statistics.fmean(losses.values())
            )
    worst = max(known.values(), default=None)
    if worst is not None:
        known.update({r.number: worst for r in results if r.state != "failed" and r.number not in known})
    return known


def _behind(task: Task, result: TrialResult, best: TrialResult) -> list[float]:
    """What a pruned trial lost to the best on each fold of both; in a fold that was stopped, at the same epoch."""
    found, theirs = [], {fold.fold: fold for fold in best.folds}
    for fold in result.complete_folds or result.folds:
        if (other := theirs.get(fold.fold)) is not None:
            at_end = fold.complete or len(other.curve) < fold.epochs
            value = other.metrics[task.objective] if at_end else other.curve[fold.epochs - 1]
            found.append(task.loss(fold.metrics[task.objective]) - task.loss(value))
    return found


def _losses(task: Task, folds: Sequence[FoldScore]) -> dict[int, float]:
    """Fold -> loss."""
    return {fold.fold: task.loss(fold.metrics[task.objective]) for fold in folds}


def _finite(losses: Mapping[int, float]) -> bool:
    return bool(losses) and all(math.isfinite(loss) for loss in losses.values())
