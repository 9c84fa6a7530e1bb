"""What is trained and what is not: repeated configurations, given ones, small budgets, and when nothing is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from drawing import Script, at, listed, new_store, searched
from fake_workers import FakeWorkers, learning_rate_score, raised

from runners._budget import Budget
from runners._messages import Reply, Train
from runners._proposals import CROWNED, REPEATS
from runners._searcher import Done, Wait
from trials.records import Prior


def test_a_repeated_configuration_is_told_again_and_not_trained(tmp_path: Path) -> None:
    script = listed([at(1e-3), at(1e-3), at(4e-3)])
    store = new_store(tmp_path / "run")
    outcome, workers, _ = searched(store, script, Budget(3))
    results = store.trials()
    assert [result.state for result in results] == ["complete", "complete", "duplicate", "complete"]
    assert outcome.reason == "3 trials", "a repeated one is not counted"
    assert results[2].duplicate_of == 1 and not results[2].folds and store.out_of_fold(2) is None
    assert {trial for trial, _ in workers.trained} == {0, 1, 3}
    again = script.told[2]
    assert (again.number, again.state, again.folds) == (2, "complete", results[1].folds)


def test_a_difference_without_effect_is_no_difference(tmp_path: Path) -> None:
    """The strength of an operation that is off; and another budget is another trial."""
    off = {"augment_mode": "none", "augment_rotation_strength": 0.15}
    script = listed([at(1e-3, augment_mode="none"), at(1e-3, **off), at(1e-3, epochs=2, **off)])
    store = new_store(tmp_path / "run")
    searched(store, script, Budget(3))
    assert [result.state for result in store.trials()] == ["complete", "complete", "duplicate", "pruned"]


def test_a_repeated_misfortune_is_told_as_one(tmp_path: Path) -> None:
    def unlucky(job: Train) -> Reply | None:
        return raised("ValueError: no") if job.trial.number == 1 else None

    def too_large(recipe: Any) -> str:
        return "too large" if recipe.fit.learning_rate == 5e-3 else ""

    store, script = new_store(tmp_path / "run"), listed([at(1e-3), at(1e-3), at(5e-3), at(5e-3)])
    workers = FakeWorkers(store.experiment, learning_rate_score, unlucky)
    searched(store, script, Budget(3), workers, too_large)
    assert [result.state for result in store.trials()] == ["complete", "failed", "duplicate", "infeasible"]
    assert script.told[2].state == "failed" and script.told[2].error == "ValueError: no"
    searched(store, script, Budget(5), workers, too_large)
    assert script.told[4].state == "infeasible" and store.trials()[4].duplicate_of == 3


def test_a_space_that_is_used_up_ends_the_search(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    outcome, _, _ = searched(store, Script(lambda number: at(1e-3)), Budget(50))
    assert outcome.kind == "finished" and str(REPEATS) in outcome.reason
    states = [result.state for result in store.trials()]
    assert states == ["complete", "complete"] + ["duplicate"] * REPEATS
    outcome, workers, _ = searched(store, Script(lambda number: at(1e-3)), Budget(60))
    assert outcome.kind == "finished" and not workers.trained, "the same again"


def test_done_ends_the_search_with_its_reason(tmp_path: Path) -> None:
    script = listed([at(1e-3), Done("all points have been tried")])
    outcome, _, _ = searched(new_store(tmp_path / "run"), script, Budget(9))
    assert (outcome.kind, outcome.reason) == ("finished", "all points have been tried")


def test_a_searcher_that_waits_for_nothing_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nothing is running"):
        searched(new_store(tmp_path / "run"), listed([Wait()]), Budget(9))


def test_given_configurations_come_first_and_only_once(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    given = [Prior(at(rate).params, f"first.json {n}") for n, rate in enumerate((3e-3, 5e-3), 1)]
    store.add_priors(given)
    store.add_priors(given[::-1])
    searched(store, Script(), Budget(2))
    script = Script()
    searched(store, script, Budget(4))
    origins = [result.origin for result in store.trials()]
    assert origins == ["first", "first.json 1", "first.json 2", ""]
    assert [trial.origin for trial in script.replayed] == origins[:2], "told like any other"
    assert [result.number for result in script.told] == [2, 3]


def test_small_budgets_are_one_fold_and_the_winner_gets_all(tmp_path: Path) -> None:
    asks = [at(2.1e-3, 2), at(9e-3, 2), at(8e-3, 4), at(2.5e-3, 4)]
    store = new_store(tmp_path / "run")
    searched(store, listed(asks), Budget(6))
    results = store.trials()
    assert [(result.state, result.epochs, result.planned) for result in results[1:5]] == [
        ("pruned", 2, 2), ("pruned", 2, 2), ("pruned", 4, 4), ("pruned", 4, 4)
    ]  # fmt: skip
    assert all(not fold.complete for result in results[1:5] for fold in result.folds)
    assert results[5].origin == CROWNED and results[5].state == "complete" and results[5].planned == 8
    assert results[5].params["learning_rate"] == 2.5e-3, "the best on the largest budget so far"


def test_no_winner_is_crowned_where_one_was_promoted(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store, listed([at(2.1e-3, 2), at(9e-3, 8), at(8e-3, 2)]), Budget(4))
    assert [result.origin for result in store.trials()] == ["first", "", "", ""]
