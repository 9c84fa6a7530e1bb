"""How far a score moves when nothing but the seed changes: what two equal trials differ by all the same.

seeds = seeds_of(store)[3]               # of trial 3
seeds.scores, seeds.diverged             # {seed: score} each
noise = seed_noise(stores)               # None where no trial was trained with another seed
noise.sd, noise.difference               # standard deviation between seeds; what the seed alone makes of two trials

A seed that diverged is no spread: one of thousands of years would be called what the seed does to every trial. It
is counted by itself.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trials.seeds import whole_seeds
from trials.store import RunStore
from xrays.tasks import task_named

# Of the constant predictor's loss: what loses more than the constant (or than the trial itself) and half of that
# again has diverged. A share of wrong answers never does.
FAR = 0.5


@dataclass(frozen=True)
class SeedNoise:
    """sd: of a trial's score (mean over folds) between seeds, in the objective's own unit, pooled over `trials`
    trials that were trained with more than one; seeds: how many of them in all; diverged: seeds beside these."""

    sd: float
    trials: int
    seeds: int
    diverged: int = 0

    @property
    def difference(self) -> float:
        """What two trials of the same quality differ by at most, 95 times in 100 (Student's t: sd is an estimate)."""
        from scipy.stats import t

        return float(t.ppf(0.975, self.seeds - self.trials)) * math.sqrt(2.0) * self.sd


@dataclass(frozen=True)
class Seeds:
    """What a trial scored with other seeds, by seed; those that diverged apart. The trial's own seed is none of them:
    whoever trains a trial again takes a good one, whose own score is a lucky one."""

    scores: Mapping[int, float]
    diverged: Mapping[int, float]


def seeds_of(run: RunStore) -> dict[int, Seeds]:
    """The seeds on record, by trial."""
    objective = task_named(run.experiment.task).objective
    scores_of = {
        trial: {seed: statistics.fmean(fold.metrics[objective] for fold in folds) for seed, folds in seeds.items()}
        for trial, seeds in whole_seeds(run).items()
    }
    limits = _limits(run) if scores_of else {}
    return {trial: _apart(run, scores, limits.get(trial, math.inf)) for trial, scores in scores_of.items()}


def _apart(run: RunStore, scores: Mapping[int, float], limit: float) -> Seeds:
    task = task_named(run.experiment.task)
    near = {seed: score for seed, score in scores.items() if math.isfinite(score) and task.loss(score) <= limit}
    return Seeds(near, {seed: score for seed, score in scores.items() if seed not in near})


def _limits(run: RunStore) -> dict[int, float]:
    """The loss from which on a seed has diverged, by trial; empty where the constant predictor is not known."""
    task = task_named(run.experiment.task)
    constant = next((baseline for baseline in run.baselines() if baseline.name == "constant"), None)
    if constant is None:
        return {}
    loss = task.loss(statistics.fmean(fold.metrics[task.objective] for fold in constant.folds))
    scores = {result.number: result.score(task) for result in run.trials()}
    losses = {number: loss if score is None else task.loss(score) for number, score in scores.items()}
    return {number: max(loss, each) + FAR * abs(loss) for number, each in losses.items()}


def seed_noise(runs: Sequence[RunStore]) -> SeedNoise | None:
    """From the seeds on record: of finalists, and those of `python cli.py rerun RUN --trial N --seeds 5`."""
    return noise_among([seeds for run in runs for seeds in seeds_of(run).values()])


def noise_among(trials: Sequence[Seeds]) -> SeedNoise | None:
    """One entry a trial. None without a trial of two seeds at least that did not diverge."""
    several = [list(of_trial.scores.values()) for of_trial in trials if len(of_trial.scores) > 1]
    if not several:
        return None
    # Variances are pooled: the standard deviation of two seeds is on average a fifth too small.
    squares = sum(statistics.variance(scores) * (len(scores) - 1) for scores in several)
    seeds = sum(map(len, several))
    diverged = sum(len(of_trial.diverged) for of_trial in trials)
    return SeedNoise(math.sqrt(squares / (seeds - len(several))), len(several), seeds, diverged)
