"""Whether a pruner stops a trial, by the trials that had ended when it was asked for.

judge = Judge(PRUNERS["race"], task, epochs=30, results=results)
judge.lost_epoch(progress), judge.lost_fold(progress)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runners._race.standing import Pruner
from runners._search.candidate import TrialProgress
from runners._search.proposals import WINNER
from trials.records import Trial, TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class Judge:
    """epochs: of a fold, of the whole budget; results: the search's, which grow while this looks at them."""

    pruner: Pruner
    task: Task
    epochs: int
    results: Sequence[TrialResult]

    def in_full(self, trial: Trial) -> bool:
        """Whether it is trained on all folds, for all epochs: not on a smaller budget."""
        return trial.max_epochs >= self.epochs

    def lost_epoch(self, work: TrialProgress) -> bool:
        """Whether the fold that is being trained is stopped."""
        history = self.results[: work.trial.results_known]
        return self._judged(work.trial) and self.pruner.lost_epoch(
            self.task, history, work.fold, work.curve, self.epochs, work.last_stage
        )

    def lost_fold(self, work: TrialProgress) -> bool:
        """Whether no further fold is trained."""
        history = self.results[: work.trial.results_known]
        return self._judged(work.trial) and self.pruner.lost_fold(self.task, history, work.folds)

    def _judged(self, trial: Trial) -> bool:
        """Neither what is on a smaller budget nor what has won all of these."""
        return self.in_full(trial) and trial.origin != WINNER
