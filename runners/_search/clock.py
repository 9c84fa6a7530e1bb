"""What the time that is left allows a search to begin, and what the user is told of it.

    clock = Clock(pace, judge, view)
    clock.waits(opened)                            # nothing is begun before it is known what a trial takes
    clock.admits(work, opened, workers=2, fresh=True)

The first trial of all is begun before anything is known, and gone on with whatever it takes: a search that trains
nothing comes to nothing, however often it is called. Until its steps are timed the other workers take folds of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from runners._search.candidate import TrialProgress
from runners._search.judge import Judge
from runners._search.need import Lacking, Need
from runners._search.pace import Pace
from runners._search.proposals import SEARCHED
from runners._search.view import View
from runners._workers.messages import Measured
from trials.records import Trial


@dataclass(frozen=True)
class Clock:
    """pace: of the search, which knows what is left."""

    pace: Pace
    judge: Judge
    view: View

    def waits(self, opened: Sequence[TrialProgress]) -> bool:
        """Whether a trial is open by which it will be known what others take."""
        return bool(opened) and self.pace.unknown

    def full(self, opened: Sequence[TrialProgress], workers: int) -> bool:
        """Whether no trial is asked for, as none would end."""
        return (bool(opened) or self._trained) and self.pace.full([*map(self._lacking, opened)], workers)

    def admits(self, work: TrialProgress, opened: Sequence[TrialProgress], workers: int, fresh: bool) -> bool:
        """Whether the trial is begun; it stays open where not. fresh: whether it was asked for in this call."""
        need = self._need(work, opened, workers)
        if need.met:
            self.pace.begin()
        elif opened or self._trained:
            self._leave(work.trial, need, fresh)
            return False
        else:
            self._say_unending(work, need)
        return True

    def measured(self, work: TrialProgress, cost: Measured, workers: int) -> None:
        """The steps of the first trial are timed: says so where it may not end."""
        self.pace.steps(work.candidate, cost.fold_seconds)
        need = self._need(work, (), workers)
        need = replace(need, seconds=need.seconds + cost.feature_seconds)
        if not need.met:
            self._say_unending(work, need)

    @property
    def _trained(self) -> bool:
        """Whether anything came of a trial."""
        return any(result.epochs for result in self.pace.results)

    def _leave(self, trial: Trial, need: Need, fresh: bool) -> None:
        """Says so of what was given and of the first that the searcher has proposed: there may be many."""
        if trial.origin not in SEARCHED:
            self.view.note(f"trial {trial.number:3d}  {need.words}: the next call begins with it")
        elif not self.pace.searched:
            self.view.note(
                f"trial {trial.number:3d}  {need.words}: the next call begins with it, and with others for which "
                "there is no time; shorter ones are asked for"
            )
        self.pace.leave(trial, need, fresh)

    def _say_unending(self, work: TrialProgress, need: Need) -> None:
        self.view.note(
            f"trial {work.trial.number:3d}  {need.words}: it may not end in this call. Its folds are kept, and the "
            f"same command goes on with it; with {need.timeout} it ends"
        )

    def _need(self, work: TrialProgress, opened: Sequence[TrialProgress], workers: int) -> Need:
        return self.pace.need(self._lacking(work), [*map(self._lacking, opened)], workers)

    def _lacking(self, work: TrialProgress) -> Lacking:
        folds = len(self.judge.wanted(work.trial)) - len(work.folds)
        return Lacking(work.candidate, folds, [fold.seconds for fold in work.folds.values() if fold.complete])
