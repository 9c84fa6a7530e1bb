"""What a worker's misfortune costs: its fold, half of its batch, or the trial, and what is recorded of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from drawing import SPACE, Script, listed, new_store, rates, searched
from fake_workers import FakeWorkers, experiment, learning_rate_score, raised

from runners._search.budget import Budget
from runners._workers.messages import Reply, Train
from runners._workers.protocol import Died
from search_spaces._hyperparameters import Fixed, Hyperparameters
from trials.records import Failure


def workers_with(misfortunes: dict[tuple[int, int], list[Reply | Died]], store: object) -> FakeWorkers:
    """One misfortune after the other for a (trial, fold), then it trains."""

    def next_of(job: Train) -> Reply | Died | None:
        left = misfortunes.get((job.trial.number, job.fold), [])
        return left.pop(0) if left else None

    return FakeWorkers(store.experiment, learning_rate_score, next_of)  # type: ignore[attr-defined]


@pytest.mark.parametrize("misfortune", [raised("OOM", "out of memory"), Died("grew too large", "out of memory")])
def test_out_of_memory_begins_again_with_half_the_batch(misfortune: Reply | Died, tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    workers = workers_with({(1, 1): [misfortune]}, store)
    _, _, view = searched(store, Script(), Budget(3), workers)
    results = store.trials()
    assert [result.state for result in results] == ["complete"] * 3
    assert [result.accumulation for result in results] == [1, 2, 1]
    assert workers.trained[3:8] == [(1, 0), (1, 1), (1, 0), (1, 1), (1, 2)], "all folds are trained alike"
    assert workers.replaced == 1, "only the end of a process gives memory back"
    assert f"batches of {SPACE.first['batch_size'] // 2}" in view.notes[0]  # type: ignore[operator]


def test_out_of_memory_twice_ends_the_trial(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    oom = raised("ResourceExhaustedError: no", "out of memory")
    searched(store, Script(), Budget(3), workers_with({(1, 0): [oom, oom]}, store))
    failed = store.trials()[1]
    assert (failed.state, failed.failure, failed.accumulation) == ("failed", "out of memory", 2)


def test_half_a_batch_is_remembered_over_a_restart(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    oom = raised("OOM", "out of memory")
    workers = workers_with({(0, 1): [oom], (0, 2): [Died("gone"), raised("stop here", "raised")]}, store)
    broken = workers.receive

    def until_the_second_death(timeout: float) -> list[tuple[int, Reply | Died]]:
        replies = broken(timeout)
        if workers.trained.count((0, 2)) == 2:
            raise KeyboardInterrupt
        return replies

    workers.receive = until_the_second_death  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        searched(store, Script(), Budget(1), workers)
    (opened,) = store.open_trials()
    assert opened.accumulation == 2 and len(store.unfinished.folds(0)) == 2
    _, again, _ = searched(store, Script(), Budget(1))
    assert again.trained == [(0, 2)] and store.trials()[0].accumulation == 2


@pytest.mark.parametrize(
    ("misfortune", "failure"),
    [
        (raised("ValueError: no", "raised"), "raised"),
        (raised("TrainingDiverged: the loss is nan", "NaN"), "NaN"),
    ],
)
def test_an_error_is_recorded_with_its_kind(misfortune: Reply, failure: Failure, tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    script = listed([rates(1), rates(2)])
    searched(store, script, Budget(3), workers_with({(1, 0): [misfortune]}, store))
    failed = store.trials()[1]
    assert (failed.state, failed.failure) == ("failed", failure) and failed.error
    assert script.told[1].state == "failed"


def test_a_fold_that_hangs_is_given_up_twice(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")

    class Hanging(FakeWorkers):
        def send(self, slot: int, message: object) -> None:
            if isinstance(message, Train) and message.trial.number == 1:
                self.trained.append((1, message.fold))
            else:
                super().send(slot, message)  # type: ignore[arg-type]

    workers = Hanging(store.experiment, learning_rate_score)
    outcome, _, view = searched(store, Script(), Budget(3, fold_seconds=0.05), workers)
    assert outcome.kind == "finished" and workers.trained.count((1, 0)) == 2
    failed = store.trials()[1]
    assert (failed.state, failed.failure) == ("failed", "timeout") and "--fold-timeout" in failed.error
    assert "once more" in view.notes[0]


def test_a_trial_without_room_on_its_cluster_does_not_outlive_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    for module in ("_workers.crew", "_search.budget"):
        monkeypatch.setattr(f"runners.{module}.time", SimpleNamespace(monotonic=lambda: now[0]))

    class Full(FakeWorkers):
        """Takes jobs and has no place for them; meanwhile the time is up."""

        def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
            now[0] = 10.0
            return []

    store = new_store(tmp_path / "run")
    workers = Full(store.experiment, learning_rate_score)
    outcome, _, _ = searched(store, Script(), Budget(5, deadline=5.0), workers)
    assert outcome.kind == "paused" and [trial.number for trial in store.open_trials()] == [0]
    searched(store, Script(), Budget(5))
    assert [result.number for result in store.trials()] == [0, 1, 2, 3, 4]


def test_a_recipe_is_made_once_a_trial(tmp_path: Path) -> None:
    """Not at every epoch, nor again when memory runs out. What is interrupted is made again by the next call. Twice
    a search it is the space's first one, with which the portfolio and the work of all are compared."""
    made: list[object] = []

    def counted(hp: Hyperparameters) -> object:
        if isinstance(hp, Fixed):
            made.append(hp)
        return SPACE.sample(hp)

    store = new_store(tmp_path / "run", experiment(pruner="median"))
    workers = workers_with({(1, 1): [raised("OOM", "out of memory")]}, store)
    searched(store, Script(), Budget(4), workers, space=replace(SPACE, sample=counted))
    assert [result.accumulation for result in store.trials()] == [1, 2, 1, 1]
    assert len(made) == 4 + 2
