"""When a search has had enough."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import Script, listed, new_store, rates, searched
from fake_workers import experiment
from run_folders import trial

from runners._search.budget import NOISE_WINDOW, Budget, end_of_budget, gain_is_noise, since_best
from trials.records import TrialResult
from xrays.tasks import TASKS

AGE = TASKS["age"]


def history(*scores: float) -> list[TrialResult]:
    return [trial(number, [score - 0.5, score, score + 0.5]) for number, score in enumerate(scores)]


def reason(budget: Budget, results: list[TrialResult], under_way: int = 0) -> str:
    found = end_of_budget(budget, experiment(epochs=4), results, under_way)
    return found.reason if found else ""


def test_trials_count_what_is_under_way_and_not_what_is_repeated() -> None:
    results = [*history(9.0, 8.0), replace(trial(2, []), state="duplicate", duplicate_of=1)]
    assert reason(Budget(2), results) == "2 trials"
    assert reason(Budget(3), results, under_way=1) and not reason(Budget(3), results)


def test_epochs_are_counted_over_folds_and_trials() -> None:
    assert reason(Budget(9, fold_epochs=24), history(9.0, 8.0)).startswith("24 epochs")
    assert not reason(Budget(9, fold_epochs=25), history(9.0, 8.0))


def test_the_deadline_only_pauses() -> None:
    found = end_of_budget(Budget(9, deadline=time.monotonic() - 1), experiment(epochs=4), [], 0)
    assert found is not None and found.kind == "paused"


@pytest.mark.parametrize(("scores", "since"), [((), 0), ((9.0,), 0), ((8.0, 9.0, 9.5), 2), ((9.0, 8.0, 9.0), 1)])
def test_patience_counts_trials_since_the_best(scores: tuple[float, ...], since: int) -> None:
    assert since_best(AGE, history(*scores)) == since
    assert bool(reason(Budget(9, patience=2), history(*scores))) == (since >= 2)


def test_patience_ignores_repeated_trials_and_small_budgets() -> None:
    small = [replace(trial(n, [7.0], "pruned"), max_epochs=2) for n in range(1, 5)]
    again = [replace(trial(n, []), state="duplicate", duplicate_of=0) for n in range(5, 9)]
    assert not reason(Budget(99, patience=1), [*history(9.0), *small, *again])


def test_patience_and_noise_count_what_was_trained() -> None:
    """A machine that fails, or a space that is too large, has not shown that nothing better is there."""
    best = history(9.0)
    lost = [replace(trial(n, [], "failed"), failure="raised") for n in range(1, 12)]
    large = [trial(n, [], "infeasible") for n in range(12, 24)]
    stopped = [trial(n, [12.0], "pruned") for n in range(24, 26)]
    assert not reason(Budget(99, patience=1, stop_at_noise=True), [*best, *lost, *large])
    assert not reason(Budget(99, patience=3), [*best, *lost, *large, *stopped])
    assert reason(Budget(99, patience=2), [*best, *lost, *large, *stopped])


def widened(budget: Budget, remedy: str) -> Budget:
    """The budget with what a remedy suggests."""
    words = {"--trials": "trials", "--max-fold-epochs": "fold_epochs", "--patience": "patience"}
    for option in remedy.split(", "):
        if option == "without --stop-at-noise":
            budget = replace(budget, stop_at_noise=False)
        else:
            name, number = option.split()
            budget = replace(budget, **{words[name]: int(number)})
    return budget


@pytest.mark.parametrize(
    ("budget", "first", "options"),
    [
        (Budget(30), "--trials 40", 1),
        (Budget(4), "--trials 40", 1),
        (Budget(99, fold_epochs=10), "--max-fold-epochs 720", 1),
        (Budget(99, patience=5), "--patience 39", 1),
        (Budget(99, stop_at_noise=True), "without --stop-at-noise", 1),
        (Budget(30, fold_epochs=360, patience=3, stop_at_noise=True), "--trials 40", 4),
    ],
)
def test_what_lets_a_finished_search_go_on_does_so(budget: Budget, first: str, options: int) -> None:
    results = history(9.0, *[10.0] * 29)
    found = end_of_budget(budget, experiment(epochs=4), results, 0)
    assert found is not None and found.kind == "finished"
    assert found.remedy.startswith(first) and found.remedy.count(", ") == options - 1
    assert end_of_budget(widened(budget, found.remedy), experiment(epochs=4), results, 0) is None


def test_a_gain_within_noise() -> None:
    """Folds at -0.5, 0, +0.5: variance 0.25, so the error is 0.5 times the root of 1/3 + 1/2, 0.456 years."""
    before, rest = [9.0], [10.0] * (NOISE_WINDOW - 1)
    assert gain_is_noise(AGE, history(*before, 8.6, *rest), 3) and not gain_is_noise(
        AGE, history(*before, 8.5, *rest), 3
    )
    assert not gain_is_noise(AGE, history(*before, *rest), 3), "the window is not full yet"
    assert gain_is_noise(AGE, history(*before, *rest, 10.0), 3), "no gain at all"
    assert not gain_is_noise(AGE, [], 3) and reason(Budget(99, stop_at_noise=True), history(*before, *rest, 10.0))


def test_a_search_ends_by_its_patience_and_goes_on_with_more(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    worse = Script(lambda number: rates(number))
    outcome, _, _ = searched(store, worse, Budget(50, patience=3))
    assert outcome.kind == "finished" and "--patience" in outcome.reason and len(store.trials()) < 30
    had = len(store.trials())
    searched(store, worse, Budget(had + 2))
    assert len(store.trials()) == had + 2


@pytest.mark.parametrize(("points", "words"), [(0, "wider ranges (--set)"), (3, "--grid-points 4 or wider ranges")])
def test_a_space_that_is_used_up_asks_for_a_larger_one(points: int, words: str, tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment(grid_points=points))
    outcome, _, _ = searched(store, listed([rates(1)]), Budget(50))
    assert outcome.kind == "finished" and outcome.reason == "the script is over"
    assert outcome.remedy.startswith(words)
