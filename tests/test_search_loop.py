"""The loop with workers of formulas: what is stored, what is told, what a misfortune costs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from drawing import new_store
from fake_workers import FakeWorkers, SilentView, experiment, fits, learning_rate_score, raised

from runners import load_runner
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._workers.messages import Reply, Train
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._portfolio import without_portfolio
from trials.records import TrialResult
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import task_named

SPACE = without_portfolio(load_space("cnn"))


def run(
    store: RunStore,
    trials: int,
    misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
    stop: Stop | None = None,
    score: Callable[[Mapping[str, object], int, int], float] = learning_rate_score,
    too_large: Callable[[object], str | None] = fits,
) -> tuple[str, FakeWorkers, SilentView]:
    workers, view = FakeWorkers(store.experiment, score, misfortune), SilentView()
    searcher = load_runner("optuna").open_searcher(SPACE, task_named(store.experiment.task), store.experiment)
    pruner = PRUNERS[store.experiment.pruner]
    outcome = open_search(
        store, SPACE, searcher, workers, pruner, too_large, Budget(trials), view, stop or Stop()
    ).run()
    return outcome.kind, workers, view


def essence(result: TrialResult) -> tuple[object, ...]:
    """What must be equal between two runs of one search: everything but clocks."""
    folds = [(fold.fold, fold.metrics, fold.epochs, fold.curve, fold.complete) for fold in result.folds]
    return result.number, result.state, result.params, result.recipe, folds, result.results_known


def test_every_trial_has_all_folds_and_its_predictions(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    outcome, _, _ = run(store, 4)
    results = store.trials()
    assert outcome == "finished"
    assert [result.number for result in results] == [0, 1, 2, 3]
    assert all(result.state == "complete" and len(result.folds) == 3 for result in results)
    assert all(np.isfinite(store.out_of_fold(number)).all() for number in range(4))
    assert dict(results[0].params) == dict(SPACE.first) and results[0].label == "seed"
    assert not list((store.path / "open").iterdir())


def test_the_baselines_are_read_once_however_many_trials_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, read = new_store(tmp_path / "run", experiment()), []
    monkeypatch.setattr(RunStore, "baselines", lambda self: read.append(self) or [])
    run(store, 6)
    assert len(store.trials()) == 6 and len(read) == 1


def test_the_same_seed_gives_the_same_search_and_another_does_not(tmp_path: Path) -> None:
    stores = [new_store(tmp_path / str(n), experiment(seed=seed)) for n, seed in enumerate((0, 0, 1))]
    for store in stores:
        run(store, 12)
    first, again, other = ([essence(result) for result in store.trials()] for store in stores)
    assert first == again
    assert first[1:] != other[1:]


@pytest.mark.parametrize("pruner", ["none", "race"])
def test_a_search_stopped_after_every_fold_is_the_unbroken_one(tmp_path: Path, pruner: str) -> None:
    whole = new_store(tmp_path / "whole", experiment(pruner=pruner))
    run(whole, 14)
    broken = new_store(tmp_path / "broken", experiment(pruner=pruner))
    for _ in range(14 * 3 + 1):
        stop = Stop()

        def one_fold(job: Train, stop: Stop = stop) -> None:
            stop.asked = 1  # the running fold is finished, no other is begun

        outcome, _, _ = run(broken, 14, one_fold, stop)
        if outcome == "finished":
            break
    assert [essence(result) for result in broken.trials()] == [essence(result) for result in whole.trials()]
    states = {result.state for result in whole.trials()}
    assert states == ({"complete", "pruned"} if pruner == "race" else {"complete"})


def test_a_trial_that_raises_is_recorded_and_the_search_goes_on(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    run(store, 4, lambda job: raised("ValueError: no good") if (job.trial.number, job.fold) == (1, 1) else None)
    results = store.trials()
    assert [result.state for result in results] == ["complete", "failed", "complete", "complete"]
    assert results[1].error == "ValueError: no good" and results[1].score(task_named("age")) is None
    assert len(results[1].folds) == 1  # what was trained before is kept
    assert (store.path / "errors" / "00001.txt").read_text() == "ValueError: no good\nthe whole traceback"


def test_a_dead_worker_costs_one_fold_and_a_second_death_the_trial(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    deaths = {(0, 1): 1, (2, 0): 2}

    def die(job: Train) -> Died | None:
        left = deaths.get((job.trial.number, job.fold), 0)
        deaths[job.trial.number, job.fold] = left - 1
        return Died("the worker was killed by SIGKILL") if left > 0 else None

    _, workers, view = run(store, 4, die)
    results = store.trials()
    assert [result.state for result in results] == ["complete", "complete", "failed", "complete"]
    assert workers.trained.count((0, 1)) == 2 and workers.trained.count((2, 0)) == 2
    assert workers.replaced == 3
    assert "SIGKILL" in results[2].error and "SIGKILL" in view.notes[0]


def test_workers_that_never_start_end_the_search_and_cost_no_trial(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    workers, view = FakeWorkers(store.experiment, learning_rate_score), SilentView()
    workers.receive = lambda timeout: [(0, Died("no backend"))]  # type: ignore[method-assign]
    searcher = load_runner("optuna").open_searcher(SPACE, task_named("age"), store.experiment)
    search = open_search(store, SPACE, searcher, workers, PRUNERS["none"], fits, Budget(2), view, Stop())
    with pytest.raises(UserError, match="no backend"):
        search.run()
    assert workers.replaced == 2 and not store.trials()
    run(store, 2)
    whole = new_store(tmp_path / "whole", experiment())
    run(whole, 2)
    assert [essence(result) for result in store.trials()] == [essence(result) for result in whole.trials()]


def test_a_worker_killed_while_it_starts_costs_nothing(tmp_path: Path) -> None:
    """Killed in its fold, and its successor killed before it was ready: the fold is still tried once more."""
    store = new_store(tmp_path / "run", experiment())
    deaths = iter([Died("the worker was killed by SIGKILL")])

    def die(job: Train) -> Died | None:
        return next(deaths, None) if (job.trial.number, job.fold) == (1, 1) else None

    workers, view = FakeWorkers(store.experiment, learning_rate_score, die), SilentView()
    begin, stillborn = workers.replace, [Died("the worker was killed by SIGKILL")]

    def replace(slot: int) -> None:
        begin(slot)
        if stillborn:
            workers.starts_with(stillborn.pop())

    workers.replace = replace  # type: ignore[method-assign]
    searcher = load_runner("optuna").open_searcher(SPACE, task_named("age"), store.experiment)
    open_search(store, SPACE, searcher, workers, PRUNERS["none"], fits, Budget(3), view, Stop()).run()
    assert [result.state for result in store.trials()] == ["complete"] * 3 and workers.replaced == 2


def test_a_finished_search_trains_nothing_and_more_trials_go_on(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    run(store, 3)
    outcome, workers, _ = run(store, 3)
    assert outcome == "finished" and not workers.trained
    run(store, 5)
    longer = new_store(tmp_path / "longer", experiment())
    run(longer, 5)
    assert [essence(result) for result in store.trials()] == [essence(result) for result in longer.trials()]


def test_a_passed_deadline_begins_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    workers = FakeWorkers(store.experiment, learning_rate_score)
    searcher = load_runner("optuna").open_searcher(SPACE, task_named("age"), store.experiment)
    budget = Budget(5, deadline=0.0)
    search = open_search(store, SPACE, searcher, workers, PRUNERS["none"], fits, budget, SilentView(), Stop())
    assert search.run().kind == "paused"
    assert not workers.trained and not store.trials()


def test_a_race_is_lost_within_the_first_fold_or_between_folds(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment(pruner="race"))
    run(store, 20)
    pruned = [result for result in store.trials() if result.state == "pruned"]
    assert any(not result.folds[-1].complete for result in pruned), "no curve was stopped"
    assert any(result.folds and all(fold.complete for fold in result.folds) for result in pruned), "no fold decided"
    best = min(result.score(task_named("age")) or 99 for result in store.trials())
    unpruned = new_store(tmp_path / "none", experiment())
    run(unpruned, 20)
    assert sum(r.epochs for r in store.trials()) < sum(r.epochs for r in unpruned.trials())
    assert best < 11


def test_signal_names_are_told() -> None:
    from runners._workers.process import exit_reason

    assert signal.SIGKILL.name in exit_reason(-9, Path("none"))
    assert "exit code 3" in exit_reason(3, Path("none"))


def test_what_is_too_large_is_a_trial_that_is_never_trained(tmp_path: Path) -> None:
    """Counted, told as the worst, the same after a restart; a worker never hears of it."""

    def deep(recipe: object) -> str | None:
        return "too deep" if recipe.depth > 3 else None  # type: ignore[attr-defined]

    store = new_store(tmp_path / "run", experiment())
    outcome, workers, _ = run(store, 40, too_large=deep)
    results = store.trials()
    assert outcome == "finished" and len(results) == 40
    infeasible = [result for result in results if result.state == "infeasible"]
    assert infeasible[0].number == 0 and infeasible[0].error == "too deep" and not infeasible[0].folds
    assert all(result.params["depth"] > 3 for result in infeasible)
    assert not {result.number for result in infeasible} & {trial for trial, _ in workers.trained}
    late = [result for result in results[20:] if result.state == "infeasible"]
    assert len(late) < 6, "half of what is drawn blindly is too large; the sampler has learned to avoid it"
    again = new_store(tmp_path / "again", experiment())
    for trials in (1, 7, 40):
        run(again, trials, too_large=deep)
    assert [essence(result) for result in again.trials()] == [essence(result) for result in results]


def test_a_space_of_which_nothing_fits_ends(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run", experiment())
    outcome, workers, _ = run(store, 5, too_large=lambda recipe: "no")
    assert outcome == "finished" and not workers.trained
    assert [result.state for result in store.trials()] == ["infeasible"] * 5
