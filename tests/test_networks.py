"""Networks of folds that a search keeps: of which trials, and that nobody gets others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawing import new_store
from fake_workers import FakeWorkers, SilentView, experiment, fits, learning_rate_score
from predicted_runs import hold_final, predicted_run
from run_folders import asked

from runners import load_runner
from runners._models.ways import Ways
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._search.options import kept
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._portfolio import without_portfolio
from trials.final import standings
from trials.kept import DamagedRun
from trials.networks import (
    FOLDER,
    FoldNetwork,
    keep_best,
    keep_promising,
    kept_networks,
    read_network,
    save_network,
)
from trials.pool import pool_of
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import task_named

SPACE = without_portfolio(load_space("cnn"))


def run(store: RunStore, trials: int, networks: int, stop: Stop | None = None) -> None:
    searcher = load_runner("optuna").open_searcher(SPACE, task_named(store.experiment.task), store.experiment)
    open_search(
        store,
        SPACE,
        searcher,
        FakeWorkers(store.experiment, learning_rate_score),
        PRUNERS[store.experiment.pruner],
        fits,
        Budget(trials, networks=networks),
        SilentView(),
        stop or Stop(),
    ).run()


def with_networks(parent: Path, task: str, seed: int) -> RunStore:
    """Ten trials, with a network each."""
    store = predicted_run(parent, task, [1.5] * 10, films=200, seed=seed)
    for number in range(10):
        save_network(store.path, FoldNetwork(number, 0, 1), [np.ones(2, np.float32)])
    return store


def trials_with_networks(store: RunStore) -> set[int]:
    return {network.trial for network in kept_networks(store.path)}


@pytest.mark.parametrize(("task", "seed"), [("gender", 1), ("age", 0)])
def test_at_the_end_those_stay_of_which_ensembles_are_made(tmp_path: Path, task: str, seed: int) -> None:
    """Members of one are neither the best by the objective nor by their loss."""
    store = with_networks(tmp_path, task, seed)
    ways = Ways(standings([store])[0])
    members = {one: {member.trial.number for member in one(2).members} for one in (ways.ensemble, ways.best)}
    best = {one.result.number for one in standings([store])[:2]}
    keep_best(store, 2)
    assert trials_with_networks(store) == best.union(*members.values())
    assert not members[ways.ensemble] <= best | members[ways.best]


def test_while_a_search_runs_those_stay_that_are_good_by_themselves(tmp_path: Path) -> None:
    store = with_networks(tmp_path, "gender", 3)
    best = {one.result.number for one in standings([store])[:2]}
    by_loss = [member.trial.number for member in pool_of(store)]
    assert not best <= set(by_loss[:2])
    keep_promising(store, 2)
    assert trials_with_networks(store) == best.union(by_loss[:6])
    keep_promising(store, 1)
    assert trials_with_networks(store) == {standings([store])[0].result.number, *by_loss[:3]}


@pytest.mark.parametrize("pruner", ["none", "race"])
def test_those_of_the_best_trials_are_kept_fold_by_fold(tmp_path: Path, pruner: str) -> None:
    store = new_store(tmp_path / "run", experiment(pruner=pruner))
    run(store, 12, networks=3)
    best = {one.result.number for one in standings([store])[:3]}
    assert best <= trials_with_networks(store) and len(trials_with_networks(store)) <= 12
    keep_best(store, 3)
    assert best <= trials_with_networks(store) and len(trials_with_networks(store)) <= 9
    assert len(kept_networks(store.path)) == len(trials_with_networks(store)) * store.experiment.folds
    for network in kept_networks(store.path):
        arrays = read_network(store.path, network)
        assert arrays is not None and arrays[0].tolist() == [network.trial, network.fold]


def test_the_same_search_without_them_is_the_same(tmp_path: Path) -> None:
    with_, without = (new_store(tmp_path / name, experiment(pruner="race")) for name in ("with", "without"))
    run(with_, 8, networks=2)
    run(without, 8, networks=0)
    assert not (without.path / FOLDER).exists()
    assert [(one.params, one.fold_scores(task_named("age"))) for one in with_.trials()] == [
        (one.params, one.fold_scores(task_named("age"))) for one in without.trials()
    ]


def test_those_of_a_trial_that_is_not_at_its_end_stay(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5, 0.9, 0.7])
    hold_final(store, {0: [0.5]})
    for network in (FoldNetwork(0, 0, 1), FoldNetwork(0, 11, 1), FoldNetwork(1, 0, 0), FoldNetwork(2, 0, 0)):
        save_network(store.path, network, [np.ones(2, np.float32)])
    opened = FoldNetwork(7, 0, 2)
    save_network(store.path, opened, [np.ones(2, np.float32)])
    store.unfinished.save(asked(opened.trial, {"depth": 3}))
    keep_best(store, 1)
    assert kept_networks(store.path) == [FoldNetwork(0, 0, 1), FoldNetwork(0, 11, 1), opened]


def test_arrays_come_back_in_their_order_and_shape(tmp_path: Path) -> None:
    arrays = [np.full((number % 3 + 1, 2), number, np.float32) for number in range(120)]
    network = FoldNetwork(3, 520791741, 4)
    assert read_network(tmp_path, network) is None and kept_networks(tmp_path) == []
    save_network(tmp_path, network, arrays)
    found = read_network(tmp_path, network)
    assert found is not None and all(np.array_equal(a, b) for a, b in zip(found, arrays, strict=True))
    assert kept_networks(tmp_path) == [network]


@pytest.mark.parametrize("damage", ["torn", "doubles"])
def test_damage_is_told(tmp_path: Path, damage: str) -> None:
    network = FoldNetwork(0, 0, 0)
    save_network(tmp_path, network, [np.ones(2, np.float32)])
    file = tmp_path / FOLDER / network.file
    if damage == "torn":
        file.write_bytes(file.read_bytes()[:40])
    else:
        save_network(tmp_path, network, [np.ones(2)])
    with pytest.raises(DamagedRun, match=network.file):
        read_network(tmp_path, network)


@pytest.mark.parametrize(("text", "count"), [("best:5", 5), ("best:12", 12), ("none", 0)])
def test_how_many_are_kept_is_said_in_words(text: str, count: int) -> None:
    assert kept(text) == count


@pytest.mark.parametrize("text", ["", "best", "best:", "best:0", "best:-1", "best:x", "5", "all", "none:3"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="--keep-weights"):
        kept(text)
