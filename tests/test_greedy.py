"""Which predictors are chosen to answer together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrays.statistics import greedy
from xrays.statistics.greedy import Loss, selected


def absolute(truth: NDArray[np.float64]) -> Loss:
    return lambda values, rows: np.mean(np.abs(values - truth[rows]), axis=1)


def chosen(predictions: NDArray[np.float64], truth: NDArray[np.float64], most: int = 5) -> NDArray[np.float64]:
    """Of patients with two films each."""
    return selected(predictions, absolute(truth), np.arange(len(truth)) // 2, most)


def test_errors_that_cancel_are_put_together() -> None:
    rng = np.random.default_rng(0)
    error = rng.normal(0, 5, 200)
    predictions = np.array([error, -error, rng.normal(0, 20, 200)])
    assert chosen(predictions, np.zeros(200)) == pytest.approx([0.5, 0.5, 0])


def test_one_that_is_right_stays_alone() -> None:
    truth, rng = np.linspace(20, 80, 100), np.random.default_rng(0)
    predictions = truth + np.concatenate([np.zeros((1, 100)), rng.normal(3, 5, (9, 100))])
    assert chosen(predictions, truth).tolist() == [1, *[0] * 9]


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_shares_are_shares_of_no_more_than_asked_for(count: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.normal(50, 15, 40)
    predictions = truth + rng.normal(0, rng.uniform(1, 20, (count, 1)), (count, 40))
    shares = chosen(predictions, truth, most)
    assert abs(shares.sum() - 1) < 1e-12
    assert (shares >= 0).all() and 1 <= (shares > 0).sum() <= most
    assert np.array_equal(shares, chosen(predictions, truth, most)), "nothing is left to chance"


def test_the_luck_of_one_patient_decides_nothing() -> None:
    """A predictor that is best since it is right about one patient alone gets less than one that is best for many."""
    truth, rng = np.zeros(100), np.random.default_rng(2)
    steady = rng.normal(0, 4, 100)
    lucky = np.concatenate([np.zeros(2), rng.normal(0, 4, 98)])
    truth[:2] = -100
    steady[:2], lucky[:2] = -50, -100
    shares = chosen(np.array([steady, lucky]), truth)
    assert shares[0] > 0.15, "patients without that one are drawn, too"


def test_of_very_many_the_best_are_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    error = rng.normal(0, 5, 200)
    others = rng.normal(0, 5.5, (3, 200))
    predictions = np.array([*others, error, -1.2 * error])  # the last one by itself is the worst
    truth = np.zeros(200)
    assert chosen(predictions, truth)[4] > 0.3
    monkeypatch.setattr(greedy, "CANDIDATES", 4)
    shares = chosen(predictions, truth)
    assert shares[4] == 0 and shares.sum() == pytest.approx(1)


def test_of_very_many_patients_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(greedy, "DRAWN", 15)
    truth, sizes = np.linspace(20, 80, 100), set[int]()

    def loss(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        sizes.add(len(rows))
        return np.asarray(np.mean(np.abs(values - truth[rows]), axis=1))

    shares = selected(truth + np.array([[1.0], [9.0]]), loss, np.arange(100) // 2, 5)
    assert sizes == {100, 30} and shares.tolist() == [1, 0]
