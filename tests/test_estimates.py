"""What a pruned trial is told as: one finite score, comparable with complete ones, and never better than the best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import at, listed, new_store, searched
from fake_workers import FakeWorkers, experiment
from hypothesis import given
from hypothesis import strategies as st
from run_folders import fold_score, infeasible, trial

from runners._samplers.estimates import estimate, loss_of
from runners._search.budget import Budget
from trials.records import State, TrialResult
from trials.store import RunStore
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]


def test_a_pruned_trial_is_told_by_its_differences_to_the_best_on_the_folds_of_both() -> None:
    """Fold 0 is easy: the pruned trial's own 8.5 would beat the best trial's mean of 10."""
    best, worse = trial(0, [8.0, 10.0, 12.0]), trial(1, [9.0, 11.0, 13.0])
    lost = trial(2, [8.5, 10.7, 99.0], "pruned")
    assert estimate(AGE, lost, [worse, best]) == pytest.approx(10.0 + (0.5 + 0.7) / 2)
    accurate = [trial(n, scores, task="gender") for n, scores in enumerate([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6]])]
    lost = trial(2, [0.85, 0.5], "pruned", task="gender")
    assert estimate(GENDER, lost, accurate) == pytest.approx(0.8 - 0.05), "an accuracy, as it is written down"


def test_a_pruned_trial_is_not_told_as_better_than_the_trial_that_it_lost_to() -> None:
    """A smoothed curve may be behind while the last epoch is ahead."""
    assert estimate(AGE, trial(1, [7.0], "pruned"), [trial(0, [8.0, 10.0, 12.0])]) == 10.0
    best, ahead = trial(0, [0.8, 0.9], task="gender"), trial(1, [0.95, 0.5], "pruned", task="gender")
    assert estimate(GENDER, ahead, [best]) == pytest.approx(0.85)


def test_an_unfinished_fold_counts_where_there_is_no_other() -> None:
    best, lost = trial(0, [8.0, 10.0, 12.0]), trial(1, [9.5], "pruned")
    assert not lost.complete_folds
    assert estimate(AGE, lost, [best]) == pytest.approx(11.5)


def test_an_unfinished_fold_is_compared_at_its_last_epoch() -> None:
    """After half of the epochs the best was at 9.9 too, and ended at 8: that says nothing against the other."""
    best, lost = trial(0, [8.0, 10.0, 12.0], epochs=4), trial(1, [11.0], "pruned", epochs=2)
    at_half = best.folds[0].curve[1]
    lost = replace(lost, max_epochs=4)
    assert estimate(AGE, lost, [best]) == pytest.approx(10.0 + 11.0 - at_half) and at_half > 8.5
    odd = replace(best, folds=(replace(best.folds[0], curve=(9.0, math.nan, 9.0, 8.0)), *best.folds[1:]))
    assert estimate(AGE, lost, [odd]) == 11.0, "its own where the best had no number"


def test_a_pruned_trial_before_any_complete_one_or_on_other_folds_is_told_by_its_own_mean() -> None:
    lost = trial(1, [9.0, 10.0, 30.0], "pruned")
    assert estimate(AGE, lost, []) == 9.5
    assert estimate(AGE, lost, [trial(0, [math.nan, 9.0]), trial(2, [1.0, 1.0], "pruned")]) == 9.5
    assert estimate(AGE, lost, [replace(trial(0, [8.0]), folds=(fold_score(AGE, 7, 8.0),))]) == 9.5


def test_a_pruned_trial_is_compared_with_trials_of_its_own_budget_alone() -> None:
    lost = trial(2, [9.0, 10.0, 30.0], "pruned")
    smaller, own = trial(0, [1.0, 1.0, 1.0], epochs=2), trial(1, [9.0, 9.0, 12.0])
    assert estimate(AGE, lost, [smaller]) == 9.5
    assert estimate(AGE, lost, [smaller, own]) == 10.5


@pytest.mark.parametrize(
    "other",
    [
        trial(1, [9.0, 9.0]),
        trial(1, [9.0], "failed"),
        infeasible(1, "too large"),
        trial(1, [], "pruned"),
        trial(1, [math.nan, 9.0], "pruned"),
        trial(1, [math.inf], "pruned"),
    ],
)
def test_nothing_else_has_an_estimate(other: TrialResult) -> None:
    assert estimate(AGE, other, [trial(0, [8.0, 8.0])]) is None


def test_a_loss_is_that_of_a_complete_trial_or_of_an_estimate() -> None:
    assert loss_of(AGE, trial(0, [9.0, 10.0, 11.0])) == 10.0
    assert loss_of(GENDER, trial(0, [0.8, 0.9], task="gender")) == pytest.approx(-0.85)
    lost = trial(1, [9.0], "pruned")
    assert loss_of(AGE, replace(lost, estimate=11.5)) == 11.5
    assert loss_of(GENDER, replace(lost, estimate=0.7)) == -0.7
    assert loss_of(AGE, lost) is None
    assert loss_of(AGE, infeasible(0, "too large")) is None and loss_of(AGE, trial(0, [9.0], "failed")) is None
    for odd in (math.nan, math.inf, -math.inf):
        assert loss_of(AGE, trial(0, [odd, 9.0])) is None


_SCORES = st.lists(st.one_of(st.floats(0, 1e30), st.sampled_from([math.nan, math.inf])), min_size=3, max_size=3)
_STATES = st.sampled_from(["complete", "pruned", "failed", "infeasible"])


@given(st.lists(st.tuples(_STATES, _SCORES), max_size=8), _SCORES)
def test_an_estimate_is_finite_and_no_better_than_the_best(
    drawn: Sequence[tuple[State, list[float]]], scores: list[float]
) -> None:
    results = [
        trial(number, scores if state in ("complete", "pruned") else [], state)
        for number, (state, scores) in enumerate(drawn)
    ]
    found = estimate(AGE, trial(9, scores, "pruned"), results)
    assert (found is None) == (not all(map(math.isfinite, scores[:2])))
    known = [loss for result in results if (loss := loss_of(AGE, result)) is not None]
    assert known == [
        statistics.fmean(result.fold_scores(AGE))
        for result in results
        if result.state == "complete" and all(map(math.isfinite, result.fold_scores(AGE)))
    ]
    if found is not None:
        assert math.isfinite(found) and found >= min(known, default=0.0)


# --- what is on record


def test_an_estimate_is_recorded_and_told_once(tmp_path: Path) -> None:
    """A repeated trial is told as the first one was, although there is a better best by then; so is a replay."""
    rates = [5e-3, 2.1e-3, 5e-3]  # the second is the best, and the space's first one is between

    def score(params: object, fold: int, epoch: int) -> float:
        rate = dict(params)["learning_rate"]  # type: ignore[call-overload]
        return 8 + {5e-3: 4.0, 2.1e-3: 0.0}.get(rate, 2.0) + fold + 1 / epoch

    script = listed([at(rate) for rate in rates])
    store = new_store(tmp_path / "run", experiment(pruner="race"))
    searched(store, script, Budget(3), FakeWorkers(store.experiment, score))
    searched(store, script, Budget(4), FakeWorkers(store.experiment, score))
    complete, lost, best, again, _ = store.trials()  # the repeated one is answered by one that nobody has tried
    assert [result.state for result in (complete, lost, best, again)] == [
        "complete", "pruned", "complete", "duplicate",
    ]  # fmt: skip
    assert lost.estimate == pytest.approx(statistics.fmean(complete.fold_scores(AGE)) + 2.0)
    assert [complete.estimate, best.estimate, again.estimate] == [None] * 3
    assert RunStore.open(store.path).trials()[1].estimate == lost.estimate
    assert [result.estimate for result in script.told][:4] == [None, lost.estimate, None, lost.estimate]
    replayed = listed([])
    searched(RunStore.open(store.path), replayed, Budget(3))
    assert [getattr(result, "estimate", None) for result in replayed.replayed] == [
        result.estimate for result in script.told
    ]
