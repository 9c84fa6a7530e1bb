"""What a searcher is told of each trial: one finite loss, comparable even where a trial was stopped."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_folders import fold_score, infeasible, trial

from runners._samplers.estimates import estimates
from trials.records import State
from xrays.tasks import TASKS

AGE = TASKS["age"]


def test_a_complete_trial_is_told_by_its_mean_turned_so_that_less_is_better() -> None:
    assert estimates(AGE, [trial(0, [9.0, 10.0, 11.0])]) == {0: 10.0}
    assert estimates(TASKS["gender"], [trial(0, [0.8, 0.9], task="gender")]) == {0: pytest.approx(-0.85)}


def test_a_pruned_trial_is_told_by_its_differences_to_the_best_on_the_folds_of_both() -> None:
    """Fold 0 is easy: the pruned trial's own 8.5 would beat the best trial's mean of 10."""
    best, worse = trial(0, [8.0, 10.0, 12.0]), trial(1, [9.0, 11.0, 13.0])
    lost = trial(2, [8.5, 10.7, 99.0], "pruned")
    assert estimates(AGE, [worse, best, lost])[2] == pytest.approx(10.0 + (0.5 + 0.7) / 2)
    accurate = [trial(n, scores, task="gender") for n, scores in enumerate([[0.9, 0.8, 0.7], [0.8, 0.7, 0.6]])]
    accurate.append(trial(2, [0.85, 0.5], "pruned", task="gender"))
    assert estimates(TASKS["gender"], accurate)[2] == pytest.approx(-0.8 + 0.05)


def test_an_unfinished_fold_counts_where_there_is_no_other() -> None:
    best, lost = trial(0, [8.0, 10.0, 12.0]), trial(1, [9.5], "pruned")
    assert not lost.complete_folds
    assert estimates(AGE, [best, lost])[1] == pytest.approx(11.5)


def test_an_unfinished_fold_is_compared_at_its_last_epoch() -> None:
    """After half of the epochs the best was at 9.9 too, and ended at 8: that says nothing against the other."""
    best, lost = trial(0, [8.0, 10.0, 12.0], epochs=4), trial(1, [9.0], "pruned", epochs=2)
    at_half = best.folds[0].curve[1]
    lost = replace(lost, planned=4)
    assert estimates(AGE, [best, lost])[1] == pytest.approx(10.0 + 9.0 - at_half) and at_half > 8.5


def test_a_pruned_trial_before_any_complete_one_or_on_other_folds_is_told_by_its_own_mean() -> None:
    lost = trial(1, [9.0, 10.0, 30.0], "pruned")
    assert estimates(AGE, [lost]) == {1: 9.5}
    elsewhere = replace(trial(0, [8.0]), folds=(fold_score(AGE, 7, 8.0),))
    assert estimates(AGE, [elsewhere, lost]) == {0: 8.0, 1: 9.5}


def test_a_pruned_trial_is_compared_with_trials_of_its_own_search_and_budget_alone() -> None:
    lost = trial(2, [9.0, 10.0, 30.0], "pruned")
    assert estimates(AGE, [trial(0, [8.0, 8.0, 8.0], epochs=12), lost]) == {0: 8.0, 2: 9.5}
    assert estimates(AGE, [trial(-1, [8.0, 8.0, 8.0]), lost]) == {-1: 8.0, 2: 9.5}
    own = trial(0, [9.0, 9.0, 12.0])
    assert estimates(AGE, [trial(-1, [8.0, 8.0, 8.0]), own, lost]) == {-1: 8.0, 0: 10.0, 2: 10.5}


def test_an_infeasible_trial_is_told_as_the_worst_and_a_failed_one_is_not() -> None:
    results = [infeasible(0, "too large"), trial(1, [], "failed")]
    assert estimates(AGE, results) == {}
    results += [trial(2, [9.0, 9.0]), trial(3, [12.0, 12.0]), trial(4, [13.5, 20.0], "pruned")]
    assert estimates(AGE, results) == {0: 13.5, 2: 9.0, 3: 12.0, 4: 13.5}


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_number_is_told_as_the_worst(score: float) -> None:
    odd = [trial(0, [score, 9.0]), trial(1, [score, score, 9.0], "pruned"), trial(2, [score])]
    assert estimates(AGE, odd) == {}
    assert estimates(AGE, [*odd, trial(3, [9.0, 11.0]), trial(4, [12.0, 9.0])]) == {
        3: 10.0, 4: 10.5, 0: 10.5, 1: 10.5, 2: 10.5,
    }  # fmt: skip


_SCORES = st.lists(st.one_of(st.floats(0, 1e30), st.sampled_from([math.nan, math.inf])), min_size=3, max_size=3)
_STATES = st.sampled_from(["complete", "pruned", "failed", "infeasible"])


@given(st.lists(st.tuples(_STATES, _SCORES), max_size=8), st.randoms(use_true_random=False))
def test_whatever_is_told_is_finite_and_the_order_does_not_matter(
    drawn: list[tuple[State, list[float]]], rng: random.Random
) -> None:
    results = [
        trial(number, scores if state in ("complete", "pruned") else [], state)
        for number, (state, scores) in enumerate(drawn)
    ]
    told = estimates(AGE, results)
    assert all(math.isfinite(loss) for loss in told.values())
    assert set(told) == ({r.number for r in results if r.state != "failed"} if told else set())
    for result in results:
        if result.state == "complete" and np.isfinite(result.fold_scores(AGE)).all():
            assert told[result.number] == statistics.fmean(result.fold_scores(AGE))
        if result.state == "infeasible" and told:
            assert told[result.number] == max(told.values())
    shuffled = rng.sample(results, len(results))
    assert estimates(AGE, shuffled) == told
