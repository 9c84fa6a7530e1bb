"""The race's rules on their own."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from runners._racing import PRUNERS, checkpoints, smoothed, standard_error
from trials.records import FoldScore, TrialResult
from xrays.metrics import score
from xrays.tasks import TASKS

RACE = PRUNERS["race"]


def trial(number: int, scores: list[float], objective: str = "mae") -> TrialResult:
    """A trial whose scores on the folds have a standard error of 1 year, or of about 5 points."""
    metrics = [{objective: value, "rmse": math.hypot(value, 10)} for value in scores]
    curves = [(value,) * 8 for value in scores]
    folds = tuple(
        FoldScore(n, found, 8, 1.0, curve, curve, films=100)
        for n, (found, curve) in enumerate(zip(metrics, curves, strict=True))
    )
    return TrialResult(number, "complete", {}, {}, folds, number, 1.0, "", "")


def test_standard_errors_are_those_of_a_simulation() -> None:
    rng = np.random.default_rng(0)
    ages, errors = rng.uniform(20, 80, (4000, 150)), rng.laplace(0, 9, (4000, 150))
    maes = [score(TASKS["age"], age, age + error) for age, error in zip(ages, errors, strict=True)]
    spread = statistics.stdev(fold["mae"] for fold in maes)
    folds = [FoldScore(0, metrics, 1, 0.0, (), (), films=150) for metrics in maes]
    told = statistics.fmean(standard_error(TASKS["age"], fold) for fold in folds)
    assert told == pytest.approx(spread, rel=0.05)
    hits = rng.binomial(150, 0.8, 4000) / 150
    folds = [FoldScore(0, {"accuracy": float(hit)}, 1, 0.0, (), (), films=150) for hit in hits]
    told = statistics.fmean(standard_error(TASKS["gender"], fold) for fold in folds)
    assert told == pytest.approx(hits.std(), rel=0.05)


@pytest.mark.parametrize("folds", [3, 5])
def test_few_trials_as_good_as_the_best_are_stopped_between_folds(folds: int) -> None:
    """Scores of two equal models on the same films correlate at 1/2: their difference has the spread of one."""
    rng, task, lost = np.random.default_rng(1), TASKS["age"], 0
    for _ in range(500):
        shared, own = rng.normal(0, math.sqrt(0.5), folds), rng.normal(0, math.sqrt(0.5), (2, folds))
        best, other = (trial(n, list(10 + shared + own[n])) for n in range(2))
        lost += any(RACE.lost_fold(task, [best], other.folds[:done]) for done in range(1, folds))
    assert 0.03 < lost / 500 < 0.2


def test_one_wild_epoch_decides_nothing() -> None:
    assert smoothed([12, 11, 24]) == 12
    assert smoothed([12]) == 12


@pytest.mark.parametrize("epochs", range(1, 40))
def test_curves_are_judged_before_the_last_epoch_only(epochs: int) -> None:
    assert all(3 <= n < epochs for n in checkpoints(epochs))


@pytest.mark.parametrize(("name", "good", "bad"), [("age", 9.0, 15.0), ("gender", 0.9, 0.5)])
def test_the_worse_half_is_stopped_whatever_the_direction(name: str, good: float, bad: float) -> None:
    task = TASKS[name]
    history = [trial(n, [0.7 * good + 0.3 * bad] * 3, objective=task.objective) for n in range(4)]
    assert RACE.lost_epoch(task, history, [bad] * 4, 8)
    assert not RACE.lost_epoch(task, history, [good] * 4, 8)
    assert not RACE.lost_epoch(task, history, [bad] * 5, 8), "epoch 5 is no checkpoint"
    assert not RACE.lost_epoch(task, history[:3], [bad] * 4, 8), "three peers are too few"


def test_between_folds_the_best_trial_on_the_same_folds_is_the_measure() -> None:
    task = TASKS["age"]
    best = trial(0, [8.0, 10.0, 9.0])
    assert not RACE.lost_fold(task, [], best.folds[:1])
    assert not RACE.lost_fold(task, [best], trial(1, [9.4]).folds)
    assert RACE.lost_fold(task, [best], trial(1, [9.6]).folds)
    assert RACE.lost_fold(task, [best], trial(1, [9.4, 11.1]).folds), "two folds tell more than one"
    assert not RACE.lost_fold(task, [best], trial(1, [9.9, 8.0]).folds), "paired: better on the whole"


def test_without_a_pruner_nothing_is_stopped() -> None:
    none = PRUNERS["none"]
    assert not none.lost_epoch(TASKS["age"], [trial(0, [1.0])] * 9, [99.0] * 4, 8)
    assert not none.lost_fold(TASKS["age"], [trial(0, [1.0, 1.0])], trial(1, [99.0]).folds)
