"""What an ensemble is chosen from, how it is, and that its score is not flattered by the choice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from predicted_runs import hold_final, predicted_run
from rows import first_and_others

from trials.pool import _chosen, best_of, ensemble_of, pool_of
from xrays.statistics.metrics import score
from xrays.tasks import TASKS


@pytest.mark.parametrize("task", TASKS)
def test_all_complete_trials_with_all_their_seeds_the_best_first(tmp_path: Path, task: str) -> None:
    store = predicted_run(tmp_path, task, [0.9, 0.3, 2.0, 0.6], pruned={2: 1})
    hold_final(store, {1: [0.1, 0.8], 3: [0.6, 0.7]})
    pool = pool_of(store)
    found = {(member.trial.number, member.seed) for member in pool}
    assert found == {(0, 0), *((number, seed) for number in (1, 3) for seed in (0, 11, 12))}
    assert (pool[0].trial.number, pool[0].seed) == (1, 11)
    known = np.isfinite(pool[0].predictions)
    assert np.array_equal(known, store.films().assignment[0] >= 0)


def test_repeats_are_averaged(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5, 0.8], repeats=2)
    member = pool_of(store)[0]
    both = store.out_of_fold(member.trial.number)
    assert both is not None and member.predictions == pytest.approx(both.mean(axis=0), nan_ok=True)


@pytest.mark.parametrize("task", TASKS)
def test_trials_that_err_apart_are_better_together_than_the_best(tmp_path: Path, task: str) -> None:
    own = TASKS[task]
    store = predicted_run(tmp_path, task, [0.7] * 6, films=600)
    pool, films = pool_of(store), store.films()
    together, alone = ensemble_of(pool, films, own, 5), best_of(pool, films, own, 1)
    assert own.better(together.score, alone.score)
    assert len(together.members) == 5 and sum(together.shares) == pytest.approx(1)
    assert list(together.shares) == sorted(together.shares, reverse=True)
    answers, labels = together.predictions(own), films.targets(own)
    known = np.isfinite(answers) & np.isfinite(labels)
    assert score(own, labels[known], answers[known])[own.objective] == pytest.approx(together.score, rel=0.1)


@pytest.mark.parametrize("task", TASKS)
def test_the_score_has_an_interval(tmp_path: Path, task: str) -> None:
    store = predicted_run(tmp_path, task, [1.5] * 3, films=300)
    for chosen in (choose(pool_of(store), store.films(), TASKS[task], 2) for choose in (ensemble_of, best_of)):
        assert chosen.interval.low < chosen.score < chosen.interval.high


@pytest.mark.parametrize("task", first_and_others(TASKS))
def test_trials_that_know_nothing_are_not_said_to_know_anything(tmp_path: Path, task: str) -> None:
    """Chosen and scored on the same films the best of thirty would look better than chance."""
    own, gained = TASKS[task], []
    for seed in range(8):
        store = predicted_run(tmp_path, task, [np.inf] * 30, name=str(seed), seed=seed, films=200)
        pool, films = pool_of(store), store.films()
        labels = films.targets(own)
        each = []
        for member in pool:
            known = np.isfinite(labels) & np.isfinite(member.predictions)
            each.append(own.loss(score(own, labels[known], member.predictions[known])[own.objective]))
        gained.append(np.mean(each) - own.loss(best_of(pool, films, own, 1).score))
    assert np.mean(gained) < 2 * np.std(gained) / np.sqrt(len(gained)) + 1e-9


def test_the_median_is_taken_where_one_trial_is_wild_now_and_then(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5] * 5, films=400)
    pool, films = pool_of(store), store.films()
    rng = np.random.default_rng(0)
    for member in pool:
        wild = rng.random(len(member.predictions)) < 0.08
        member.predictions[wild] += 150
    assert ensemble_of(pool, films, TASKS["age"], 5).middle == "median"


def test_the_choice_of_the_median_is_paid_for_in_the_score(tmp_path: Path) -> None:
    """One patient alone makes the median better: whoever chooses without this one takes the mean."""
    store = predicted_run(tmp_path, "age", [0.5] * 3, films=50)
    films = replace(store.films(), groups=np.array([f"patient {film}" for film in range(50)]))
    labels, pool = films.targets(TASKS["age"]), pool_of(store)
    known = np.flatnonzero(np.isfinite(pool[0].predictions) & np.isfinite(labels))
    for member, error in zip(pool, (1.0, 1.0, -2.0), strict=True):
        member.predictions[known] = labels[known] + error
        member.predictions[known[0]] = labels[known[0]] + 50 * (error - 1)

    def equal(values: NDArray[Any], labels: NDArray[Any], groups: NDArray[Any]) -> NDArray[np.float64]:
        return np.full(3, 1 / 3)

    chosen = _chosen(pool, films, TASKS["age"], ("mean", "median"), equal)
    assert chosen.middle == "median"
    errors = np.abs(chosen.predictions(TASKS["age"]) - labels)[known]
    assert errors.mean() < 1 < 1.5 < chosen.score


def test_too_few_patients_have_an_ensemble_without_a_score(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5, 0.8])
    few = replace(store.films(), groups=np.array([f"patient {film % 4}" for film in range(120)]))
    chosen = ensemble_of(pool_of(store), few, TASKS["age"], 5)
    assert np.isnan(chosen.score) and np.isnan(chosen.interval).all()
