"""How long a search still takes."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest
from run_folders import experiment, trial

from runners._search.budget import Budget
from runners._terminal.eta import Running, costs_of, folds_left, time_left
from trials.records import TrialResult

OF = experiment()  # 3 folds of 4 epochs: 12 in a whole trial


def whole(number: int, seconds: float = 600.0) -> TrialResult:
    return replace(trial(number, [9.0] * 3), seconds=seconds)


def stopped(number: int, seconds: float = 100.0) -> TrialResult:
    """In the first fold, after a third of its epochs more or less."""
    return replace(trial(number, [12.0], "pruned", epochs=2), max_epochs=4, seconds=seconds)


def left(budget: Budget, results: list[TrialResult], running: list[Running], workers: int = 1) -> float:
    costs = costs_of(OF, results, 0.0)
    assert costs is not None
    return time_left(costs, OF, budget, running, workers)


def at(fold: int, epoch: int = 0, epochs: int = 4) -> Running:
    """In that fold, with those before it trained."""
    return Running(epochs, frozenset(range(fold)), {fold: epoch})


@pytest.mark.parametrize(("workers", "begins", "half_way"), [(1, 600, 300), (2, 300, 200), (8, 200, 200)])
def test_one_trial_is_shared_out_down_to_its_folds(workers: int, begins: float, half_way: float) -> None:
    results = [whole(number) for number in range(9)]
    assert left(Budget(10), results, [at(0)], workers) == pytest.approx(begins)
    assert left(Budget(10), results, [at(1, 2)], workers) == pytest.approx(half_way)
    assert left(Budget(10), results, [], workers) == pytest.approx(begins)


def test_of_folds_side_by_side_the_epochs_are_added() -> None:
    results = [whole(number) for number in range(9)]
    side_by_side = Running(4, frozenset({0}), {1: 3, 2: 1})
    assert side_by_side.done == 8
    assert left(Budget(10), results, [side_by_side]) == pytest.approx(200)
    assert side_by_side.fold_left == 3


def test_a_dear_trial_takes_longer_than_others() -> None:
    """Of 4 epochs a fold, each of which took 50 seconds at a work of 10."""
    results = [replace(whole(number), work=10.0) for number in range(9)]
    assert left(Budget(10), results, [replace(at(1, 2), work=40.0)]) == pytest.approx(6 * 4 * 50)
    assert left(Budget(10), results, [at(1, 2)]) == pytest.approx(6 * 50), "as others where nobody knows"
    dear = replace(at(1, 2), work=40.0)
    costs = costs_of(OF, results, 0.0)
    assert costs is not None and folds_left(costs, [dear, at(0, 1)]) == pytest.approx(2 * 4 * 50)
    soon = Budget(10, deadline=time.monotonic() + 100)
    assert left(soon, results, [dear]) == pytest.approx(100 + 2 * 4 * 50, abs=1)


def test_workers_share_the_work() -> None:
    results = [whole(number) for number in range(4)]
    assert left(Budget(12), results, [], 4) == pytest.approx(1200)
    assert left(Budget(6), results, [at(0), at(2)], 2) == pytest.approx(400), "folds of one on both"
    assert left(Budget(7), results, [at(2)], 8) == pytest.approx(200), "a fold is not shared"
    assert left(Budget(12, concurrent=1), results, [], 8) == pytest.approx(8 * 600 / 3), "three folds of one trial"


def test_a_trial_that_came_far_costs_what_those_did_that_came_further() -> None:
    """Nine of ten stop after 2 of 12 epochs: the average is 3, which says nothing about one in its third fold."""
    results = [*(stopped(number) for number in range(9)), whole(9)]
    a_second = 10 / (9 * 100 + 600) * 3  # epochs
    assert left(Budget(11), results, [at(2)]) == pytest.approx(4 / a_second)
    assert left(Budget(11), results, [at(0)]) == pytest.approx(3 / a_second), "all are still possible"
    assert left(Budget(11), results, [at(0, 1)]) == pytest.approx(2 / a_second)
    assert left(Budget(12), results, [at(2)]) == pytest.approx((4 + 3) / a_second)
    assert left(Budget(11), results, [at(2, 4)]) == 0


def test_further_than_any_is_the_rest_of_what_is_planned() -> None:
    results = [stopped(number) for number in range(3)]
    assert left(Budget(4), results, [at(1)]) == pytest.approx(8 * 50)
    assert left(Budget(4), results, [at(0, 1, epochs=3)]) == pytest.approx(2 * 50), "a smaller budget is one fold"


def test_what_was_measured_stands_until_an_epoch_is_known() -> None:
    nothing = [trial(0, [], "infeasible"), trial(1, [], "failed")]
    assert costs_of(OF, nothing, 0.0) is None and costs_of(OF, [], 0.0) is None
    measured = costs_of(OF, nothing, 600.0)
    assert measured is not None and time_left(measured, OF, Budget(12), [], 1) == pytest.approx(6000)
    known = costs_of(OF, [*nothing, whole(2)], 999.0)
    assert known is not None and known.trial_seconds == pytest.approx(200), "a third was trained"
    again = replace(trial(3, []), state="duplicate", duplicate_of=2)
    assert costs_of(OF, [*nothing, whole(2), again], 999.0) == known, "what is repeated is no trial"


def test_limits_end_it_sooner() -> None:
    results = [whole(number) for number in range(2)]
    soon = Budget(12, deadline=time.monotonic() + 1000)
    assert left(soon, results, []) == pytest.approx(1000, abs=1)
    assert left(soon, results, [at(0, 3)]) == pytest.approx(1000 + 50, abs=1), "a fold is finished"
    assert left(Budget(12, deadline=time.monotonic() - 9), results, [at(1, 3)]) == pytest.approx(50)
    assert left(Budget(12, deadline=math.inf), results, []) == pytest.approx(6000)


@pytest.mark.parametrize(("workers", "trials"), [(1, 4), (2, 5), (3, 6)])
def test_epochs_end_it_when_finished_trials_have_them(workers: int, trials: int) -> None:
    """Of 40 epochs 3 trials take 36, so a fourth begins, and what runs beside it is finished, too."""
    ended, running, begun, now = [whole(0)], list[tuple[int, TrialResult]](), 1, 0
    while True:
        while len(running) < workers and sum(result.epochs for result in ended) < 40:
            running.append((now + 12, whole(begun)))
            begun += 1
        if not running:
            break
        now, result = running.pop(0)
        ended.append(result)
    assert begun == trials
    found = left(Budget(99, fold_epochs=40), [whole(0)], [], workers)
    assert found == pytest.approx(max(600 * (trials - 1) / workers, 600))
    assert left(Budget(99, fold_epochs=12), [whole(0)], [at(2)], workers) == pytest.approx(200)
