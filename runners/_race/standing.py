"""What a pruner is, and how a trial stands among the others: what all pruners look at.

    pruner = PRUNERS["median"]      # runners/_race/pruners.py
    pruner.lost_epoch(InFold(task, history, fold, curve, epochs, begins, spent, by_epoch))   # after an epoch
    pruner.lost_fold(AfterFold(task, history, folds, trial.work))                            # and after a fold

Pure functions of recorded values, so that the same seed gives the same search. Only trials on the search's whole
budget are to be judged, and only those serve as a measure: the learning rates of the others fell faster, so that the
same epoch of theirs says something else.
"""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from search_spaces._space import Recipe, Space, shared_out
from trials.records import FoldScore, Trial, TrialResult, best_trial
from xrays.tasks import Task

SMOOTHING = 3  # epochs: validation scores of small sets jump from one epoch to the next

# Of a trial: the work of a fold of it after 0, 1, … all epochs that a fold of it has.
ByEpoch = Callable[[Trial], Sequence[float]]


def evenly(trial: Trial) -> Sequence[float]:
    """As if all epochs of the trial were equally dear; it is on the search's whole budget."""
    return [trial.work * epoch / trial.max_epochs for epoch in range(trial.max_epochs + 1)]


@dataclass(frozen=True)
class InFold:
    """How a trial stands after an epoch of a fold. history: trials that had been told when this one was asked for,
    whatever has finished since; fold, curve: of the one that is being trained, the objective after each epoch so far;
    epochs: of the whole schedule; begins: how many of them are over when its last stage begins, see `last_stage`;
    spent: work of the fold so far, 0 where nobody has said; by_epoch: of the earlier trials."""

    task: Task
    history: Sequence[TrialResult]
    fold: int
    curve: Sequence[float]
    epochs: int
    begins: int = 0
    spent: float = 0.0
    by_epoch: ByEpoch = evenly

    @property
    def reached(self) -> int:
        """Epochs of the fold so far."""
        return len(self.curve)

    @property
    def loss(self) -> float:
        """The smoothed one."""
        return smoothed(self.task, self.curve)

    def rung(self, share: float) -> int:
        """The epoch after which that share of the last stage's schedule is over."""
        return rung(self.epochs, share, self.begins)

    def peers(self) -> list[float]:
        """Smoothed losses of earlier trials at the same epoch of the same fold, of all that came as far."""
        curves = [one.curve for result in self._comparable() for one in result.folds if one.fold == self.fold]
        return [smoothed(self.task, curve[: self.reached]) for curve in curves if len(curve) >= self.reached]

    def peers_in_work(self) -> list[float]:
        """What earlier trials had come to in the same fold with as much work: a whole fold, if that took less; where
        they had been stopped before, what they had come to by then."""
        found = list[float]()
        for result in self._comparable():
            reached = bisect_right(self.by_epoch(result), self.spent) - 1 if result.work and self.spent else 0
            found += [
                smoothed(self.task, one.curve[:reached]) for one in result.folds if one.fold == self.fold and reached
            ]
        return found

    def _comparable(self) -> list[TrialResult]:
        return [
            result
            for result in self.history
            if result.max_epochs == self.epochs and result.state in ("complete", "pruned")
        ]


@dataclass(frozen=True)
class AfterFold:
    """How a trial stands between two folds. history: as in `InFold`; folds: the trial's own, all complete; work: of a
    fold of it, see `Trial`."""

    task: Task
    history: Sequence[TrialResult]
    folds: Sequence[FoldScore]
    work: float = 0.0

    @property
    def best(self) -> TrialResult | None:
        """Of the earlier trials."""
        return incumbent(self.task, self.history)

    def behind(self, best: TrialResult) -> list[float]:
        """By how much each fold is worse than the same fold of the best trial, in the objective's unit."""
        losses = {fold.fold: self.task.loss(fold.metrics[self.task.objective]) for fold in best.folds}
        return [self.task.loss(fold.metrics[self.task.objective]) - losses[fold.fold] for fold in self.folds]


EpochRule = Callable[[InFold], bool]
FoldRule = Callable[[AfterFold], bool]


@dataclass(frozen=True)
class Pruner:
    """Whether a trial is lost. note: when it ends one, in a few words for the user."""

    note: str
    lost_epoch: EpochRule
    lost_fold: FoldRule


def never(stands: InFold | AfterFold) -> bool:
    """The rule, of epochs or of folds, by which no trial is lost."""
    return False


def pruner(note: str, epoch_rule: EpochRule = never, fold_rule: FoldRule = never) -> Pruner:
    """A pruner of these rules, with what holds for all: a score that is no number is lost, and after the last epoch
    of a fold there is nothing to save."""

    def lost_epoch(stands: InFold) -> bool:
        if stands.reached >= stands.epochs:
            return False
        return not math.isfinite(stands.curve[-1]) or epoch_rule(stands)

    def lost_fold(stands: AfterFold) -> bool:
        broken = any(not math.isfinite(fold.metrics[stands.task.objective]) for fold in stands.folds)
        return broken or fold_rule(stands)

    return Pruner(note, lost_epoch, lost_fold)


def last_stage(space: Space, recipe: Recipe, epochs: int) -> int:
    """Epochs before the last stage of a recipe's training. What a head can do on a frozen backbone does not tell what
    fine-tuning makes of it, so nobody is judged by that."""
    parts = shared_out(space.stages(recipe), epochs)
    return sum(part.epochs for part in parts if part.stage != parts[-1].stage)


def dearness(history: Sequence[TrialResult], work: float) -> float:
    """A trial's work as a multiple of the median of the earlier ones; 1 where there is none, or nobody has said."""
    usual = statistics.median([result.work for result in history if result.work] or [work])
    return work / usual if work else 1.0


def smoothed(task: Task, curve: Sequence[float]) -> float:
    """The median loss of the last few epochs; what is no number is worse than anything."""
    losses = [task.loss(value) for value in curve[-SMOOTHING:]]
    return statistics.median(loss if math.isfinite(loss) else math.inf for loss in losses)


def among_best(loss: float, others: Sequence[float], share: float) -> bool:
    """Whether `loss` is among that share of all, itself included. Of equals none is worse; the best is always in."""
    staying = max(1, math.floor(share * (len(others) + 1)))
    return sum(other < loss for other in others) < staying


def rung(epochs: int, share: float, begins: int = 0) -> int:
    """The epoch after which that share of the last stage's schedule is over."""
    return begins + math.ceil((epochs - begins) * share)


def incumbent(task: Task, history: Sequence[TrialResult]) -> TrialResult | None:
    """The best of the complete trials whose score is a number."""
    scored = [(result, result.score(task)) for result in history]
    return best_trial([result for result, score in scored if score is not None and math.isfinite(score)], task)
