"""Which predictors are chosen to answer together."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

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
    assert np.allclose(chosen(predictions, np.zeros(200)), [0.5, 0.5, 0], atol=0.05)


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
