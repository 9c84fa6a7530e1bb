"""How much of a trial's work is done by an epoch. Those of one trial are not equally dear: on films of half the
pixels they take less, and those of a head on features take hardly anything.

    worked = Worked(workload_of(store, space))    # one a search
    worked.by_epoch(trial)[10]                    # work of a fold of it after ten epochs
    worked.of(result)                             # of all that was trained of it

The record says what a whole fold takes, the recipe how that is shared out, so that both are the same in every call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runners._race.standing import ByEpoch
from search_spaces._space import Recipe, Space
from search_spaces._work import Workload
from trials.records import Trial, TrialResult
from trials.store import RunStore
from xrays.assignment import in_folds


def work_of(result: TrialResult, by_epoch: ByEpoch) -> float:
    """Of all that was trained of it, stopped folds as far as they came."""
    if not (result.work and result.folds):
        return 0.0
    work = by_epoch(result)
    return sum(work[fold.epochs] for fold in result.folds)


@dataclass(frozen=True)
class Worked:
    """Of the trials of one search, each asked of its recipe once. A trial's number stands for it."""

    workload: Workload
    _known: dict[tuple[int, int, float], Sequence[float]] = field(default_factory=dict, repr=False)

    def by_epoch(self, trial: Trial) -> Sequence[float]:
        """Work of a fold of it after 0, 1, … all of its epochs, in seconds of the reference machine; zeros where
        nobody has said what the whole takes. Raises ValueError where its parameters are none of the space."""
        if not trial.work:
            return [0.0] * (trial.max_epochs + 1)
        if _key(trial) not in self._known:
            self.know(trial, self.workload.space.recipe(trial.params))
        return self._known[_key(trial)]

    def know(self, trial: Trial, recipe: Recipe) -> None:
        """What the trial's parameters are is known already, and is not made again."""
        shares = self.workload.done(recipe, trial.max_epochs)
        self._known[_key(trial)] = [trial.work * done for done in shares]

    def of(self, result: TrialResult) -> float:
        """See `work_of`."""
        return work_of(result, self.by_epoch)


def _key(trial: Trial) -> tuple[int, int, float]:
    return trial.number, trial.max_epochs, trial.work


def workload_of(store: RunStore, space: Space) -> Workload:
    """What all trials of that search have in common."""
    own, films = store.experiment, int(in_folds(store.films().assignment).sum())
    return Workload(space, own.shape, films, own.folds, own.epochs, own.precision)
