"""When a trial is at its end, by the trials that had ended when it was asked for.

judge = Judge(PRUNERS["race"], task, folds=5, epochs=30, results=results, by_epoch=Worked(workload).by_epoch)
judge.lost_epoch(progress, fold=1), judge.ending(progress)

Folds may be trained side by side. What comes of a trial is decided as if they were not: by its folds from the first
on, each by those before it, whatever later ones have come to. So it is the same with any number of workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runners._race.standing import AfterFold, ByEpoch, InFold, Pruner
from runners._search.candidate import TrialProgress
from runners._search.proposals import WINNER
from trials.records import Failure, FoldScore, State, Trial, TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class Ending:
    """How a trial ends. folds: those that count, from the first on."""

    state: State
    folds: Sequence[FoldScore]
    error: str = ""
    failure: Failure = ""


@dataclass(frozen=True)
class Judge:
    """folds: of the search; epochs: of a fold, of the whole budget; results: the search's, which grow while this
    looks at them; by_epoch: of all trials."""

    pruner: Pruner
    task: Task
    folds: int
    epochs: int
    results: Sequence[TrialResult]
    by_epoch: ByEpoch

    def in_full(self, trial: Trial) -> bool:
        """Whether it is trained on all folds, for all epochs: not on a smaller budget."""
        return trial.max_epochs >= self.epochs

    def wanted(self, trial: Trial) -> range:
        """Folds to train, unless a pruner stops it. What a smaller budget shows in one fold decides whether there is
        a larger one."""
        return range(self.folds if self.in_full(trial) else 1)

    def lost_epoch(self, work: TrialProgress, fold: int) -> bool:
        """Whether the fold, which is being trained, is stopped."""
        trial, curve = work.trial, work.curves[fold]
        history, spent = self.results[: trial.results_known], self.by_epoch(trial)[len(curve)]
        stands = InFold(self.task, history, fold, curve, self.epochs, work.last_stage, spent, self.by_epoch)
        return self._judged(trial) and self.pruner.lost_epoch(stands)

    def ending(self, work: TrialProgress) -> Ending | None:
        """None while a fold that decides it is missing."""
        before: list[FoldScore] = []
        for fold in self.wanted(work.trial):
            if before and self._lost_fold(work.trial, before):
                return Ending("pruned", before)
            if fold in work.failures:
                return Ending("failed", before, *work.failures[fold])
            if fold not in work.folds:
                return None
            before.append(work.folds[fold])
            if not before[-1].complete:
                return Ending("pruned", before)
        return Ending("complete", before)

    def _lost_fold(self, trial: Trial, folds: Sequence[FoldScore]) -> bool:
        history = self.results[: trial.results_known]
        stands = AfterFold(self.task, history, folds, trial.work)
        return self._judged(trial) and self.pruner.lost_fold(stands)

    def _judged(self, trial: Trial) -> bool:
        """Neither what is on a smaller budget nor what has won all of these."""
        return self.in_full(trial) and trial.origin != WINNER
