"""The correction for having picked the best, where the tied best were trained with further seeds: never too good on
trials that know nothing, whatever their seeds have in common, and not too good by what a seed is worth."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _made_up import some_films
from final import COLUMNS, answers, one_search
from numpy.typing import NDArray

from trials.selection import Candidates, choose


def made_up(chance: list[float], shared: float, films: int) -> tuple[NDArray[np.float32], Candidates]:
    """(seeds, trials, films) losses, and the trials with their own seed."""
    rng = np.random.default_rng(0)
    by_seed = answers(rng, np.array(chance), 0.0, shared, some_films(rng, films))
    return np.stack([each.losses for each in by_seed]), by_seed[0]


def biases(spread: float, luck: float, shared: float, searches: int = 30) -> dict[str, float]:
    """In percentage points by the way of correcting, negative where it is too good."""
    found = [one_search(seed, spread, luck, shared, trials=40, films=400) for seed in range(searches)]
    means = 100 * np.mean([search for search in found if search], axis=0)
    return dict(zip(COLUMNS, means.tolist(), strict=True))


@pytest.mark.parametrize("shared", [0.0, 0.9])
def test_the_best_of_useless_trials_comes_out_at_chance(shared: float) -> None:
    found = biases(0.0, 0.0, shared)
    assert found["as it stands"] < -2, "a mean over seeds alone is still the luckiest"
    assert -1 < found["other seeds"] < 1.8, "the standard error of the mean of 30 is 0.35"
    assert found["finalists"] < found["other seeds"] - 1, "who chooses among these alone forgets how they came there"


def test_what_a_seed_is_worth_is_no_merit_of_the_configuration() -> None:
    found = biases(0.0, 0.03, 0.5)
    assert found["one seed"] < -1.5 < found["other seeds"]
    assert abs(found["other seeds"]) < abs(found["one seed"]) - 1


def test_a_seed_that_says_the_same_changes_nothing() -> None:
    losses, rows = made_up([0.4] * 8, 0.5, 200)
    plain = choose(rows, 2, draws=50)
    again = choose(rows, 2, draws=50, seeds={row: np.stack([losses[0, row]] * 3) for row in (2, 5)})
    assert again.corrected == pytest.approx(plain.corrected) and again.interval == pytest.approx(plain.interval)
    np.testing.assert_allclose(again.behind, plain.behind, atol=1e-6)
    np.testing.assert_array_equal(again.tied, plain.tied)


def test_ties_are_between_means_over_seeds() -> None:
    """By one seed the second is ahead by far; over three it is as far behind."""
    losses, rows = made_up([0.3, 0.1], 0.0, 400)
    worse = np.stack([losses[0, 1], *(np.ones((2, 400), np.float32) * 0.8)])
    one = choose(rows, 1, draws=100)
    over = choose(rows, 0, draws=100, seeds={0: losses[:, 0], 1: worse})
    assert one.tied.tolist() == [False, True] and one.behind[0, 0] > 0.1
    assert over.tied.tolist() == [True, False] and over.behind[1, 0] > 0.1
