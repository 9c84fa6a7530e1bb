"""The score of a choice: at chance on trials that know nothing, whether a race stopped some of them or not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from predicted_runs import patients

import trials.selection
from trials.films import Films
from trials.selection import Candidates, candidates, choose
from trials.ties import may_be_best
from xrays.tasks import TASKS

FOLDS = 5
Bools = NDArray[np.bool_]


def table(rng: np.random.Generator, chance: NDArray[np.float64], films: int = 500) -> Candidates:
    """0/1 losses of trials that are wrong with these chances; films of one patient are mostly all right or wrong."""
    patients = films // 2
    own = np.sort(rng.integers(0, patients, films))
    fold = rng.permutation(patients)[own] % FOLDS
    by_patient, alone = rng.random((patients, len(chance))), rng.random((films, len(chance)))
    luck = np.where(rng.random((films, 1)) < 0.7, by_patient[own], alone)
    order = np.argsort(fold, kind="stable")
    bounds = np.searchsorted(fold[order], np.arange(FOLDS + 1))
    losses = (luck < chance).T[:, order].astype(np.float32)
    return Candidates(losses, np.ones((len(chance), FOLDS), bool), bounds, own[order].astype(str))


def scores(rows: Candidates) -> NDArray[np.float64]:
    """(trials, folds) mean losses."""
    return np.stack([rows.losses[:, films].mean(axis=1) for films in rows.folds], axis=1)


def race(rows: Candidates) -> Candidates:
    """One trial after the other is stopped after the fold in which it falls behind the best so far."""
    means, have = scores(rows), np.ones(rows.have.shape, bool)
    best = 0
    for trial in range(1, len(means)):
        behind = np.cumsum(means[trial] - means[best])[:-1]
        lost = np.flatnonzero(behind > 0)
        if lost.size:
            have[trial, lost[0] + 1 :] = False
        elif means[trial].mean() < means[best].mean():
            best = trial
    losses = rows.losses.copy()
    for fold, films in enumerate(rows.folds):
        losses[~have[:, fold], films] = 0.0  # a trial that knows everything, if anyone looked
    return replace(rows, losses=losses, have=have)


def winner(rows: Candidates) -> int:
    return int(np.where(rows.have.all(axis=1), scores(rows).mean(axis=1), np.inf).argmin())


def survivors(rows: Candidates) -> Candidates:
    whole = rows.have.all(axis=1)
    return replace(rows, losses=rows.losses[whole], have=rows.have[whole])


@pytest.mark.parametrize("raced", [False, True])
def test_the_best_of_fifty_useless_trials_comes_out_at_chance(raced: bool) -> None:
    naive, corrected, held, only_survivors = [], [], [], []
    for seed in range(40):
        rows = table(np.random.default_rng(seed), np.full(50, 0.5))
        rows = race(rows) if raced else rows
        best = winner(rows)
        choice = choose(rows, best, draws=150, seed=seed)
        naive.append(scores(rows)[best].mean())
        corrected.append(choice.corrected)
        held.append(choice.interval.low <= 0.5 <= choice.interval.high)
        left = survivors(rows)
        only_survivors.append(choose(left, winner(left), draws=150, seed=seed).corrected)
    # The standard error of the mean of 40 is 0.003.
    assert np.mean(corrected) == pytest.approx(0.5, abs=0.01)
    assert np.mean(held) >= 0.95
    assert np.mean(naive) < 0.46, "without a correction the luckiest looks good"
    if raced:
        assert np.mean(only_survivors) < 0.485, "who survived was lucky with the patients who were not drawn, too"


def test_where_trials_differ_a_race_makes_the_score_pessimistic_if_anything() -> None:
    errors: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        chance = 0.3 + 0.05 * rng.random(30)
        rows = table(rng, chance)
        for raced in (False, True):
            own = race(rows) if raced else rows
            best = winner(own)
            errors[raced].append(choose(own, best, draws=100, seed=seed).corrected - chance[best])
    assert abs(np.mean(errors[False])) < 0.01
    assert -0.01 < np.mean(errors[True]) < 0.02


@pytest.mark.long
def test_equal_trials_are_called_different_as_seldom_as_they_should() -> None:
    """Clustered data; with single films drawn the same test would fail."""
    different = {"patients": 0, "films": 0}
    for seed in range(300):
        rows = table(np.random.default_rng(seed), np.full(2, 0.4), films=400)
        different["patients"] += not choose(rows, 0, draws=200, seed=seed).tied[1]
        single = replace(rows, groups=np.arange(len(rows.groups)).astype(str))
        different["films"] += not choose(single, 0, draws=200, seed=seed).tied[1]
    assert 0.02 <= different["patients"] / 300 <= 0.085
    assert different["films"] / 300 > 0.1


def test_of_fifty_equal_trials_hardly_one_is_called_worse_than_the_best() -> None:
    worse, beyond = [], []
    for seed in range(30):
        rows = table(np.random.default_rng(seed), np.full(50, 0.4))
        choice = choose(rows, winner(rows), draws=300, seed=seed)
        worse.append(np.mean(~choice.tied))
        beyond.append(np.mean(choice.behind[:, 0] > 0))
    assert np.mean(worse) < 0.08
    assert np.mean(beyond) > 0.25, "a paired interval does not know that the best was picked"


def test_no_more_equal_trials_are_called_worse_beside_some_that_vary_more() -> None:
    """The luck of one is another's measure nowhere: of ten equal trials, five of which vary four times as much."""
    lost = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        spread = np.array([1.0, 4.0] * 5)
        luck = rng.normal(size=(300, 10)) * spread
        lost.append(~may_be_best(rng.normal(size=10) * spread, luck))
    # Any one of them is the best in truth.
    assert np.mean(lost, axis=0).max() < 0.08


def guessed(films: Films, rng: np.random.Generator, maes: Sequence[float]) -> list[NDArray[np.float32]]:
    """Predictions of age that are wrong by so much on average; a film that is hard is hard for all."""
    hard, size = rng.normal(size=len(films.labels["age"])), len(films.labels["age"])
    errors = [1.2533 * mae * (0.6 * hard + 0.8 * rng.normal(size=size)) for mae in maes]
    return [(films.labels["age"] + error).astype(np.float32)[None] for error in errors]


def wild_films(guess: NDArray[np.float32], rng: np.random.Generator, wild: str) -> NDArray[np.float32]:
    guess, size = guess.copy(), guess.shape[1]
    if wild == "5 % by centuries":
        some = rng.choice(size, size // 20, replace=False)
        guess[:, some] += rng.choice([-1, 1], len(some)) * rng.uniform(100, 1000, len(some))
    else:
        guess[:, rng.integers(size)] += 10_000
    return guess


@pytest.mark.parametrize("wild", ["5 % by centuries", "one by 10,000 years"])
@pytest.mark.parametrize("mae", [7.2, 12.0, 20.0])
def test_one_wild_trial_ties_nobody_with_the_best(wild: str, mae: float) -> None:
    """Six trials with clear distances; the seventh would be as good as the best one, were it not for some films."""
    for seed in range(3):
        films = patients(400, FOLDS, seed)
        rng = np.random.default_rng(seed)
        *six, seventh = guessed(films, rng, [*np.linspace(7.2, 16, 6), mae])
        rows = [candidates(TASKS["age"], films, own) for own in (six, [*six, wild_films(seventh, rng, wild)])]
        without, beside = (choose(each, 0) for each in rows if each)
        assert without.tied.tolist() == [True, *[False] * 5]
        assert beside.tied.tolist() == [True, *[False] * 6]
        assert beside.corrected == pytest.approx(without.corrected, abs=0.5)
        # What a wild film costs is known, and no luck of the patients.
        low, high = beside.behind[6]
        assert 4 < low < high < low + 12


def test_the_wild_films_of_the_best_are_in_its_corrected_score() -> None:
    films, rng = patients(400, FOLDS), np.random.default_rng(1)
    best, other = guessed(films, rng, [7.0, 30.0])
    best[:, np.flatnonzero(films.development())[0]] += 2000
    rows = candidates(TASKS["age"], films, [best, other])
    assert rows is not None
    assert choose(rows, 0).corrected == pytest.approx(scores(rows)[0].mean(), abs=0.5)


def test_a_trial_that_is_much_worse_is_not_tied_and_one_that_is_the_same_is() -> None:
    rows = table(np.random.default_rng(0), np.array([0.2, 0.5, 0.2]))
    rows.losses[2] = rows.losses[0]
    choice = choose(rows, 0)
    assert choice.tied.tolist() == [True, False, True]
    low, high = choice.behind[1]
    assert 0.15 < low < 0.3 < high < 0.45


def test_a_trial_without_all_folds_is_not_compared_with_the_best() -> None:
    rows = race(table(np.random.default_rng(1), np.full(20, 0.5)))
    choice = choose(rows, winner(rows), draws=50)
    whole = rows.have.all(axis=1)
    assert not whole.all()
    assert np.isnan(choice.behind[~whole]).all() and not choice.tied[~whole].any()
    assert np.isfinite(choice.behind[whole]).all() and choice.tied[winner(rows)]


def test_a_fold_that_scores_nothing_is_made_up_for_by_the_yardstick() -> None:
    rows = table(np.random.default_rng(6), np.array([0.3, 0.4, 0.3]))
    rows.losses[:, rows.folds[0]] = 1.0  # a fold in which everybody is wrong
    peeked = np.arange(FOLDS) == 0
    of_all = choose(rows, winner(rows)).corrected
    without = choose(rows, winner(rows), peeked=peeked).corrected
    allowed = choose(rows, winner(rows), peeked=peeked, yardstick=rows.losses[1]).corrected
    assert without < of_all - 0.1 and allowed == pytest.approx(of_all, abs=0.05)
    assert choose(rows, winner(rows), peeked=np.ones(FOLDS, bool)).corrected == pytest.approx(of_all)


def test_one_trial_needs_no_correction_and_a_copy_changes_nothing() -> None:
    rows = table(np.random.default_rng(2), np.array([0.3, 0.35, 0.4]))
    one = replace(rows, losses=rows.losses[:1], have=rows.have[:1])
    assert choose(one, 0).corrected == pytest.approx(scores(one).mean(), abs=0.003)
    copies = replace(rows, losses=np.repeat(rows.losses, 3, axis=0), have=np.repeat(rows.have, 3, axis=0))
    assert choose(copies, 0).corrected == pytest.approx(choose(rows, 0).corrected, abs=0.002)


@pytest.mark.parametrize("raced", [False, True])
def test_the_size_of_the_chunks_changes_nothing(raced: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(np.random.default_rng(3), np.linspace(0.3, 0.5, 12))
    rows = race(rows) if raced else rows
    whole = choose(rows, winner(rows), draws=40)
    monkeypatch.setattr(trials.selection, "CHUNK", 12 * 7)
    parts = choose(rows, winner(rows), draws=40)
    assert parts.corrected == pytest.approx(whole.corrected, abs=1e-6)
    np.testing.assert_allclose(parts.behind, whole.behind, atol=1e-6)


def films_of(assignment: list[int], age: list[float]) -> Films:
    count = len(age)
    return Films(
        ids=np.arange(count),
        groups=np.arange(count).astype(str),
        labels={"age": np.array(age, np.float32), "gender": np.ones(count, np.float32)},
        assignment=np.array([assignment], np.int8),
    )


def test_losses_are_those_of_films_in_a_fold_that_have_a_label() -> None:
    films = films_of([1, -1, 0, 0, -2, 1], [50, 50, 40, math.nan, 50, 60])
    nan = math.nan
    predictions = [np.array([row], np.float32) for row in ([52, 0, 41, 9, 0, 57], [nan, 0, 44, nan, nan, nan])]
    rows = candidates(TASKS["age"], films, predictions)
    assert rows is not None
    assert rows.losses[0].tolist() == [1, 2, 3] and rows.losses[1, 0] == 4
    assert rows.bounds.tolist() == [0, 1, 3] and rows.groups.tolist() == ["2", "0", "5"]
    assert rows.have.tolist() == [[True, True], [True, False]]
    right = candidates(TASKS["gender"], films, [np.array([[0.9, 0, 0.5, 0.2, 0, 0.1]], np.float32)])
    assert right is not None and right.losses.tolist() == [[0, 1, 0, 1]]


def test_what_cannot_be_judged_film_by_film_has_no_correction() -> None:
    films = films_of([0, 1], [50, 60])
    predictions = [np.array([[50, 60]], np.float32)]
    assert candidates(replace(TASKS["age"], objective="r2"), films, predictions) is None
    assert candidates(TASKS["age"], films, []) is None
    assert candidates(TASKS["age"], films_of([-1, -1], [50, 60]), predictions) is None


def test_resamples_that_leave_nobody_out_have_no_score() -> None:
    rows = candidates(TASKS["age"], films_of([0], [50]), [np.array([[52]], np.float32)])
    assert rows is not None
    choice = choose(rows, 0, draws=5)
    assert math.isnan(choice.corrected) and math.isnan(choice.interval.low)
