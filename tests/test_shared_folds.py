"""Folds of one trial on several workers: sooner at the end, and the same search as with one worker."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from drawing import new_store
from fake_workers import FakeWorkers, SeveralWorkers, SilentView, experiment, fits, learning_rate_score, raised
from hypothesis import given, settings
from hypothesis import strategies as st

from runners import load_runner
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import Search, open_search
from runners._searcher import FIRST, Ask, Pick, Wait
from runners._workers.messages import Preemption, Reply, Train
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._portfolio import without_portfolio
from trials.records import Scalar, Trial, TrialResult
from trials.store import RunStore
from xrays.tasks import TASKS

SPACE = without_portfolio(load_space("cnn"))
FOLDS, EPOCHS, TRIALS = 4, 4, 7
Score = Callable[[Mapping[str, Scalar], int, int], float]
Hear = Callable[[float], list[tuple[int, Reply | Died]]]
Misfortune = Callable[[Train], Reply | Died | None]


class OneAtATime:
    """Proposes by how many trials it was told of. waits: nothing before all are told; else the search must see to it,
    for another one asked in between would be the same."""

    def __init__(self, waits: bool = True) -> None:
        self.told, self.waits = 0, waits

    def ask(self, number: int, pick: Pick = FIRST) -> Ask | Wait:
        asked = Ask({**SPACE.first, "learning_rate": 1e-3 + 1e-5 * self.told})
        return Wait() if self.waits and self.told < number else asked

    def tell(self, result: TrialResult) -> None:
        self.told += 1

    def replay(self, trial: Trial) -> None:
        self.told += isinstance(trial, TrialResult)


class AnyOrder(SeveralWorkers):
    """What its workers say comes in any order, one message at a time."""

    def __init__(self, count: int, store: RunStore, score: Score, misfortune: Misfortune, seed: int) -> None:
        super().__init__(count, store.experiment, score, misfortune)
        self.rng = random.Random(seed)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        slots = list(self.slots)
        self.rng.shuffle(slots)
        for slot in slots:
            if heard := self.each[slot].receive(timeout):
                return [(slot, heard[0][1])]
        return []


def searched(
    parent: Path,
    count: int,
    score: Score = learning_rate_score,
    misfortune: Misfortune = lambda job: None,
    pruner: str = "none",
    trials: int = TRIALS,
    seed: int = 0,
    repeats: int = 1,
    concurrent: float = math.inf,
) -> tuple[Search, AnyOrder]:
    """A search that has not begun, on FOLDS folds in all its repeats. A folder that is there is gone on with."""
    path = parent / f"run{count}"
    there = (path / "experiment.json").exists()
    wanted = experiment(pruner=pruner, epochs=EPOCHS, folds=FOLDS // repeats, repeats=repeats)
    store = RunStore.open(path) if there else new_store(path, wanted)
    workers = AnyOrder(count, store, score, misfortune, seed)
    view, stop, searcher = SilentView(), Stop(), OneAtATime(waits=concurrent == math.inf)
    budget = Budget(trials, concurrent=concurrent)
    return open_search(store, SPACE, searcher, workers, PRUNERS[pruner], fits, budget, view, stop), workers


def outcome(store: RunStore) -> list[tuple[dict[str, Any], bytes]]:
    """All that a trial is, but for when it was trained."""
    own = []
    for result in store.trials():
        predictions = store.out_of_fold(result.number)
        fields = {name: value for name, value in asdict(result).items() if name not in ("started", "finished")}
        own.append((fields, b"" if predictions is None else predictions.tobytes()))
    return own


def noise(seed: int) -> Score:
    """Trials that differ a little and folds that differ more; a few that diverge."""

    def score(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
        trial = round((float(params["learning_rate"]) - 1e-3) * 1e5)
        rng = np.random.default_rng([seed, trial, fold])
        level, wild = 10 + rng.normal(0, 1), rng.random() < 0.03
        return math.nan if wild and epoch > 2 else level + 3 / epoch

    return score


@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**16),
    count=st.integers(2, 7),
    repeats=st.integers(1, 2),
    pruner=st.sampled_from(list(PRUNERS)),
    concurrent=st.sampled_from([1, math.inf]),
    raises=st.sets(st.tuples(st.integers(0, TRIALS - 1), st.integers(0, FOLDS - 1)), max_size=4),
    kills=st.sets(st.tuples(st.integers(0, TRIALS - 1), st.integers(0, FOLDS - 1)), max_size=4),
)
def test_as_many_workers_as_there_are_find_what_one_does(
    seed: int,
    count: int,
    repeats: int,
    pruner: str,
    concurrent: float,
    raises: set[tuple[int, int]],
    kills: set[tuple[int, int]],
) -> None:
    """Whatever pruner, and whatever goes wrong: some folds raise, in others every worker dies. Each trial is asked
    for after the last has ended: since the searcher waits, or one alone may be trained."""

    def misfortune(job: Train) -> Reply | Died | None:
        at = job.trial.number, job.fold
        if at in raises:
            return raised("ValueError: no")
        return Died("killed") if at in kills else None

    with TemporaryDirectory() as folder:
        found = []
        for workers in (1, count):
            search, _ = searched(
                Path(folder), workers, noise(seed), misfortune, pruner, TRIALS, seed, repeats, concurrent
            )
            assert search.run().kind == "finished"
            assert not search.store.open_trials()
            found.append(outcome(search.store))
    assert found[0] == found[1]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_one_trial_at_a_time_is_the_search_of_one_worker(sampler: str, tmp_path: Path) -> None:
    """Trial for trial, with a sampler that learns from each; three workers train at once, and never two trials."""
    found = []
    for workers in (1, 3):
        search, own = searched(tmp_path, workers, pruner="race", concurrent=1)
        searcher = load_runner("optuna").open_searcher(SPACE, TASKS["age"], experiment(sampler=sampler))
        search.proposals._searcher = search.recorder.searcher = searcher
        at_once = _at_once(search, own)
        search.run()
        found.append(outcome(search.store))
        assert max(folds for _, folds in at_once) == workers and {trials for trials, _ in at_once} <= {0, 1}
    assert found[0] == found[1] and len(found[0]) == TRIALS


def test_as_many_trials_at_the_same_time_as_may_be(tmp_path: Path) -> None:
    search, workers = searched(tmp_path, 4, concurrent=2)
    at_once = _at_once(search, workers)
    search.run()
    assert max(at_once) == (2, 4)


def _at_once(search: Search, workers: AnyOrder) -> list[tuple[int, int]]:
    """Trials and folds that are trained as each message comes."""
    seen, heard = list[tuple[int, int]](), workers.receive

    def receive(timeout: float) -> list[tuple[int, Reply | Died]]:
        training = [one.work.trial.number for one in search.crew.running.values() if isinstance(one.job, Train)]
        seen.append((len(search.crew.opened), len(training)))
        return heard(timeout)

    workers.receive = receive  # type: ignore[method-assign]
    return seen


def test_the_last_trial_is_trained_by_all(tmp_path: Path) -> None:
    search, workers = searched(tmp_path, 4, trials=1)
    search.run()
    assert [result.state for result in search.store.trials()] == ["complete"]
    taken = [{fold for _, fold in one.trained} for one in workers.each]
    assert all(taken) and set().union(*taken) == set(range(FOLDS))
    assert sum(map(len, taken)) == FOLDS, "each once"


def test_nobody_waits_for_folds_of_a_trial_that_was_stopped(tmp_path: Path) -> None:
    """Its first fold decides: what others train of it ends after their epoch, and nothing of it is kept."""

    def score(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
        hopeless = float(params["learning_rate"]) > 1.0105e-3
        return (50 if hopeless else 8) + 0.1 * fold + 6 / epoch

    search, workers = searched(tmp_path, 3, score, pruner="race", trials=4, seed=3)
    search.run()
    stopped = [result for result in search.store.trials() if result.state == "pruned"]
    assert stopped and all([fold.fold for fold in result.folds] == [0] for result in stopped)
    numbers = {result.number for result in stopped}
    assert any(number in numbers and fold > 0 for one in workers.each for number, fold in one.trained)
    for result in stopped:
        predictions = search.store.out_of_fold(result.number)
        assert predictions is None or np.isfinite(predictions).sum() <= predictions.size / FOLDS + 1


def test_folds_that_were_trained_out_of_turn_outlast_a_stop(tmp_path: Path) -> None:
    """One worker stands still in fold 0; the others have trained later ones when the user stops the search."""
    search, workers = searched(tmp_path, 3, trials=1)
    for one in workers.each:
        one.receive = partial(_but_of_the_first_fold, one, one.receive)  # type: ignore[method-assign]
    heard = workers.receive

    def receive(timeout: float) -> list[tuple[int, Reply | Died]]:
        if len(search.store.unfinished.folds(0)) >= 2:
            search.stop.asked = 2
        return heard(timeout)

    workers.receive = receive  # type: ignore[method-assign]
    assert search.run().kind == "stopped"
    kept = [score.fold for score, _ in search.store.unfinished.folds(0)]
    assert len(kept) >= 2 and 0 not in kept

    again, workers = searched(tmp_path, 3, trials=1)
    again.run()
    assert [result.state for result in again.store.trials()] == ["complete"]
    trained = {fold for one in workers.each for _, fold in one.trained}
    assert trained == set(range(FOLDS)) - set(kept)


def _but_of_the_first_fold(worker: FakeWorkers, heard: Hear, timeout: float) -> list[tuple[int, Reply | Died]]:
    return [] if worker.trained and worker.trained[-1][1] == 0 else heard(timeout)


def test_where_memory_runs_out_all_folds_begin_anew(tmp_path: Path) -> None:
    lacking = [True]

    def misfortune(job: Train) -> Reply | None:
        if job.fold == 2 and job.trial.accumulation == 1 and lacking:
            return raised("no memory", "out of memory")
        return None

    search, workers = searched(tmp_path, 3, misfortune=misfortune, trials=1)
    search.run()
    (result,) = search.store.trials()
    assert (result.state, result.accumulation, len(result.folds)) == ("complete", 2, FOLDS)
    assert any("two a step" in note for note in search.view.notes)  # type: ignore[attr-defined]
    assert all(one.replaced <= 1 for one in workers.each)


@pytest.mark.parametrize("gone", ["has lost its place", "has died for good"])
def test_a_worker_that_is_not_there_gets_nothing_of_what_others_train(tmp_path: Path, gone: str) -> None:
    search, workers = searched(tmp_path, 2, trials=1)
    away = workers.each[1]
    away.receive = lambda timeout: []  # type: ignore[method-assign]
    if gone == "has lost its place":
        search.crew.slots.ready.add(1)
        search.crew._hear(1, Preemption())
    search.run()
    assert [result.state for result in search.store.trials()] == ["complete"]
    assert not away.trained
