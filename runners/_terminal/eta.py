"""How long a search still takes, by what its trials have cost so far. Pure, but for the clock that a deadline needs.

costs = costs_of(experiment, results, measured=0.0)              # None while nothing is known
time_left(costs, experiment, budget, [Running(30, trained={0}, running={1: 12})], workers=2)       # seconds

Everything is counted in epochs: those of a trial that is to come are the average of all that count, stopped,
failed and untrained ones included; those of one that runs are what the ones took that came further than it has. What
an epoch of it takes is known from its work.
"""

from __future__ import annotations

import math
import statistics
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from runners._search.budget import Budget
from trials.experiment import Experiment
from trials.records import TrialResult


@dataclass(frozen=True)
class Running:
    """Where a trial is. max_epochs: of a fold; trained: folds; running: by fold the epochs that are over; work: see
    `Trial`, 0 where nobody has said."""

    max_epochs: int
    trained: Set[int] = frozenset()
    running: Mapping[int, int] = field(default_factory=dict)
    work: float = 0.0

    @property
    def done(self) -> int:
        """Epochs of all its folds that are trained."""
        return len(self.trained) * self.max_epochs + sum(self.running.values())

    @property
    def fold_left(self) -> int:
        """Epochs until all that run have ended."""
        return max((self.max_epochs - epoch for epoch in self.running.values()), default=0)


@dataclass(frozen=True)
class Costs:
    """counted: trials that `--trials` counts; trained: epochs of all; epochs: of a trial; epoch_seconds: of an
    epoch on one worker; reached: for the epochs of a fold how many the trials got in all, ascending; work_seconds: of
    the work of an epoch that is 1, 0 while nobody has said of a trained one how much its was."""

    counted: int
    trained: int
    epochs: float
    epoch_seconds: float
    reached: Mapping[int, Sequence[int]]
    work_seconds: float = 0.0

    def epoch_of(self, running: Running) -> float:
        """Seconds of an epoch of that trial, by its own work where it is known."""
        return self.work_seconds * running.work or self.epoch_seconds

    @property
    def trial_seconds(self) -> float:
        """Of an average trial on one worker."""
        return self.epochs * self.epoch_seconds


def costs_of(experiment: Experiment, results: Sequence[TrialResult], measured: float) -> Costs | None:
    """measured: seconds of a whole trial, which stand for all until one has been trained; 0 where not known."""
    finished = [result for result in results if result.state != "duplicate"]
    reached: dict[int, list[int]] = {}
    for result in finished:
        reached.setdefault(result.max_epochs, []).append(result.epochs)
    counts = {max_epochs: sorted(epochs) for max_epochs, epochs in reached.items()}
    trained = sum(map(sum, counts.values()))
    if trained:
        seconds = sum(result.seconds for result in finished)
        known = [result for result in finished if result.work]
        work = sum(result.work * result.epochs for result in known)
        pace = sum(result.seconds for result in known) / work if work else 0.0
        return Costs(len(finished), trained, trained / len(finished), seconds / trained, counts, pace)
    whole = len(experiment.every_fold) * experiment.epochs
    return Costs(len(finished), 0, whole, measured / whole, counts) if measured else None


def time_left(
    costs: Costs, experiment: Experiment, budget: Budget, running: Sequence[Running], workers: int
) -> float:
    """Seconds until the search ends by its trials, its epochs or its deadline."""
    rests = [_rest(costs, experiment, one) for one in running]
    coming = _to_begin(costs, budget, running, rests, workers)
    # What a trial takes is shared out over the workers, down to single folds.
    beside = min(budget.concurrent, len(running) + coming)
    at_once = max(1, min(workers, len(experiment.every_fold) * beside))
    seconds = [rest * costs.epoch_of(one) for one, rest in zip(running, rests, strict=True)]
    longest = [min(rest, one.max_epochs) * costs.epoch_of(one) for one, rest in zip(running, rests, strict=True)]
    last = min(costs.epochs, experiment.epochs) * costs.epoch_seconds if coming else 0.0
    needed = max((sum(seconds) + coming * costs.trial_seconds) / at_once, *longest, last)
    # No fold is begun after the deadline; those that run are finished.
    until = max(0.0, budget.deadline - time.monotonic()) + folds_left(costs, running)
    return min(needed, until)


def folds_left(costs: Costs, running: Sequence[Running]) -> float:
    """Seconds until the running folds are trained to their ends; 0 where none runs."""
    return max((one.fold_left * costs.epoch_of(one) for one in running), default=0.0)


def _rest(costs: Costs, experiment: Experiment, running: Running) -> float:
    """Epochs that the trial still takes, by those that came further; all that are planned where none has."""
    reached = costs.reached.get(running.max_epochs, ())
    if further := reached[bisect_right(reached, running.done) :]:
        return statistics.fmean(further) - running.done
    folds = len(experiment.every_fold) if running.max_epochs >= experiment.epochs else 1
    return max(0, folds * running.max_epochs - running.done)


def _to_begin(costs: Costs, budget: Budget, running: Sequence[Running], rests: Sequence[float], workers: int) -> int:
    """Trials that are still begun: as long as the epochs of the finished ones are too few, to which those of the
    other workers do not belong yet."""
    trials = budget.trials - costs.counted - len(running)
    if costs.trained >= budget.fold_epochs:
        return 0
    if budget.fold_epochs < math.inf:
        under_way = sum(one.done + rest for one, rest in zip(running, rests, strict=True))
        room = math.ceil((budget.fold_epochs - costs.trained - under_way) / costs.epochs)
        trials = min(trials, room + workers - 1)
    return max(0, trials)
