"""When a search has had enough. Pure functions of recorded values, but for the clock.

budget = Budget(trials=50, deadline=time.monotonic() + 3600, patience=10)
end_of_budget(budget, store.experiment, store.trials(), under_way=0)      # None, or why no trial is begun
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from runners._outcome import Outcome
from trials.experiment import Experiment
from trials.records import TrialResult, ranked
from xrays.statistics.resampled import standard_error
from xrays.tasks import Task, task_named

NOISE_WINDOW = 20  # trials over which the best has to gain more than noise
MORE = 10  # trials that are suggested to go on


@dataclass(frozen=True)
class Budget:
    """trials: in the folder, whatever their state, repeated ones not counted; deadline: of time.monotonic();
    fold_epochs: trained over all folds and trials; patience: trials in full without a better one, 0 for any number;
    stop_at_noise: see `gain_is_noise`; fold_seconds: after which a fold is given up; finalists, final_seconds: for
    the final of so many trials so much time is kept at most; concurrent: trials trained at the same time; networks:
    of so many of the best trials those of their folds are kept; begun: of time.monotonic(), when the call began."""

    trials: int
    deadline: float = math.inf
    fold_epochs: float = math.inf
    patience: int = 0
    stop_at_noise: bool = False
    fold_seconds: float = math.inf
    finalists: int = 0
    final_seconds: float = 0.0
    concurrent: float = math.inf
    networks: int = 0
    begun: float = field(default_factory=time.monotonic)


def trial_count(results: Sequence[TrialResult]) -> int:
    """Trials that `--trials` counts: a repeated one has cost nothing."""
    return sum(result.state != "duplicate" for result in results)


def end_of_budget(
    budget: Budget, experiment: Experiment, results: Sequence[TrialResult], under_way: int
) -> Outcome | None:
    """Why no further trial is begun, if so. under_way: trials begun."""
    if time.monotonic() >= budget.deadline:
        return Outcome("paused", "the time is up")
    # A search goes on when none of its limits is reached, so all of them are asked.
    reached = list(_reached(budget, experiment, results, under_way))
    return Outcome("finished", reached[0][0], ", ".join(remedy for _, remedy in reached)) if reached else None


def _reached(
    budget: Budget, experiment: Experiment, results: Sequence[TrialResult], under_way: int
) -> Iterator[tuple[str, str]]:
    """Every limit that is reached, in words, and the option with which it is not."""
    if (begun := trial_count(results) + under_way) >= budget.trials:
        yield f"{trial_count(results)} trials", f"--trials {begun + MORE}"
    if budget.fold_epochs < math.inf and (trained := sum(result.epochs for result in results)) >= budget.fold_epochs:
        yield (
            f"{trained} epochs were trained (--max-fold-epochs {budget.fold_epochs:.0f})",
            f"--max-fold-epochs {2 * trained}",
        )
    if not (budget.patience or budget.stop_at_noise):
        return
    # What was not trained, or not to its end, says nothing about what there is to gain.
    epochs, task = experiment.epochs, task_named(experiment.task)
    whole = [result for result in results if result.state in ("complete", "pruned") and result.max_epochs == epochs]
    if budget.patience and (since := since_best(task, whole)) >= budget.patience:
        yield f"no better configuration in {budget.patience} trials (--patience)", f"--patience {since + MORE}"
    if budget.stop_at_noise and gain_is_noise(task, whole, experiment.folds):
        yield f"{NOISE_WINDOW} trials gained no more than noise (--stop-at-noise)", "without --stop-at-noise"


def end_of_proposals(reason: str, grid_points: int) -> Outcome:
    """When nothing is left to propose. grid_points: of the search, 0 where it is no grid."""
    finer = f"--grid-points {grid_points + 1} or " if grid_points else ""
    return Outcome("finished", reason, f"{finer}wider ranges (--set), which is another search")


def since_best(task: Task, results: Sequence[TrialResult]) -> int:
    """Trials that finished after the best one did; 0 while there is none."""
    best = next(iter(ranked(results, task)), None)
    return len(results) - 1 - results.index(best[1]) if best else 0


def gain_is_noise(task: Task, results: Sequence[TrialResult], folds: int) -> bool:
    """Whether the best of all is ahead of the best before the last NOISE_WINDOW trials by less than the error of a
    cross-validated score (xrays/statistics/resampled.py). folds: of a repeat."""
    before, now = (next(iter(ranked(some, task)), None) for some in (results[:-NOISE_WINDOW], results))
    if len(results) <= NOISE_WINDOW or before is None or now is None:
        return False
    scores = now[1].fold_scores(task)
    noise = standard_error(statistics.stdev(scores), len(scores), folds)
    return task.loss(before[0]) - task.loss(now[0]) < noise
