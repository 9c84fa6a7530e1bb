"""The race's rules on their own."""

from __future__ import annotations

import pytest

from runners._racing import PRUNERS, checkpoints, smoothed
from trials.records import FoldScore, TrialResult
from xrays.tasks import TASKS

RACE = PRUNERS["race"]


def trial(number: int, scores: list[float], curve: list[float] | None = None, objective: str = "mae") -> TrialResult:
    folds = tuple(
        FoldScore(n, {objective: value}, 8, 1.0, tuple(curve or [value] * 8), (1.0,) * 8)
        for n, value in enumerate(scores)
    )
    return TrialResult(number, "complete", {}, {}, folds, number, 1.0, "", "")


def test_one_wild_epoch_decides_nothing() -> None:
    assert smoothed([12, 11, 24]) == 12
    assert smoothed([12]) == 12


@pytest.mark.parametrize("epochs", range(1, 40))
def test_curves_are_judged_before_the_last_epoch_only(epochs: int) -> None:
    assert all(3 <= n < epochs for n in checkpoints(epochs))


@pytest.mark.parametrize(("name", "good", "bad"), [("age", 9.0, 15.0), ("gender", 0.9, 0.6)])
def test_the_worse_half_is_stopped_whatever_the_direction(name: str, good: float, bad: float) -> None:
    task = TASKS[name]
    history = [trial(n, [0.7 * good + 0.3 * bad] * 3, objective=task.objective) for n in range(4)]
    assert RACE.lost_epoch(task, history, [bad] * 4, 8)
    assert not RACE.lost_epoch(task, history, [good] * 4, 8)
    assert not RACE.lost_epoch(task, history, [bad] * 5, 8), "epoch 5 is no checkpoint"
    assert not RACE.lost_epoch(task, history[:3], [bad] * 4, 8), "three peers are too few"


def test_between_folds_the_best_trial_on_the_same_folds_is_the_measure() -> None:
    task = TASKS["age"]
    best = trial(0, [8.0, 10.0, 9.0])  # standard deviation 1
    assert not RACE.lost_fold(task, [], best.folds[:1])
    assert not RACE.lost_fold(task, [best], trial(1, [8.9]).folds)
    assert RACE.lost_fold(task, [best], trial(1, [9.1]).folds)
    assert RACE.lost_fold(task, [best], trial(1, [8.9, 10.6]).folds), "two folds tell more than one"
    assert not RACE.lost_fold(task, [best], trial(1, [9.9, 8.0]).folds), "paired: better on the whole"


def test_without_a_pruner_nothing_is_stopped() -> None:
    none = PRUNERS["none"]
    assert not none.lost_epoch(TASKS["age"], [trial(0, [1.0])] * 9, [99.0] * 4, 8)
    assert not none.lost_fold(TASKS["age"], [trial(0, [1.0, 1.0])], trial(1, [99.0]).folds)
