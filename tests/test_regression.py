"""Figures of age predictions: against scikit-learn, against resamples written out, and the pull to the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from xrays.statistics.bootstrap import interval, resamples
from xrays.statistics.regression import agreement, corrected, pull, regression_figures, weighted_median

SEEDS = st.integers(0, 10_000)


def ages(seed: int, films: int = 60) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    truth = rng.uniform(18, 90, films)
    return truth, 0.6 * truth + 20 + rng.normal(0, 8, films)


@given(SEEDS)
def test_figures_are_those_of_the_reference(seed: int) -> None:
    truth, predicted = ages(seed)
    found = {
        name: float(own[0]) for name, own in regression_figures(truth, predicted, np.ones((1, 60)), (5, 10)).items()
    }
    error = np.abs(predicted - truth)
    line = LinearRegression().fit(predicted[:, None], truth)
    assert found == pytest.approx({
        "mae": mean_absolute_error(truth, predicted), "rmse": root_mean_squared_error(truth, predicted),
        "bias": predicted.mean() - truth.mean(), "r2": r2_score(truth, predicted), "within_5": np.mean(error <= 5),
        "within_10": np.mean(error <= 10), "calibration_slope": line.coef_[0],
    })  # fmt: skip
    forward = LinearRegression().fit(truth[:, None], predicted)
    assert pull(truth, predicted, np.ones((1, 60)))[0] == pytest.approx(forward.coef_[0])


@given(SEEDS)
def test_a_weight_is_a_film_that_is_there_so_often(seed: int) -> None:
    truth, predicted = ages(seed)
    weights = resamples(np.repeat(np.arange(20), 3).astype(str), 5, seed)
    found = regression_figures(truth, predicted, weights, (5, 10))
    medians = weighted_median(np.abs(predicted - truth), weights)
    slopes, limits = pull(truth, predicted, weights), agreement(predicted - truth, weights)
    for draw, row in enumerate(weights.astype(int)):
        films = np.repeat(np.arange(60), row)
        alone = regression_figures(truth[films], predicted[films], np.ones((1, len(films))), (5, 10))
        for name, values in found.items():
            assert values[draw] == pytest.approx(alone[name][0], rel=1e-4, abs=1e-4), name
        difference = predicted[films] - truth[films]
        assert medians[draw] == pytest.approx(np.median(np.abs(difference)))
        assert slopes[draw] == pytest.approx(np.polyfit(truth[films], predicted[films], 1)[0], rel=1e-4)
        reach = 1.96 * difference.std(ddof=1)
        assert limits["upper"][draw] == pytest.approx(difference.mean() + reach, rel=1e-4)
        assert limits["lower"][draw] == pytest.approx(difference.mean() - reach, rel=1e-4)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=30))
def test_a_median_with_ties_and_weights_of_zero(films: list[tuple[int, int]]) -> None:
    values = np.array([value for value, _ in films], float)
    weights = np.array([[weight for _, weight in films]], float)
    if not weights.any():
        weights += 1
    assert weighted_median(values, weights)[0] == np.median(np.repeat(values, weights[0].astype(int)))


def test_what_has_no_spread_has_no_slope() -> None:
    truth, predicted = ages(0)
    constant, every = np.full(60, 51.3), np.ones((1, 60), np.float32)
    assert np.isnan(regression_figures(truth, constant, every)["calibration_slope"][0])
    assert np.isnan(regression_figures(constant, predicted, every)["r2"][0])
    assert np.isnan(agreement(np.array([3.0]), np.ones((1, 1)))["upper"][0])


def test_a_correction_takes_the_trend_away_and_costs_accuracy() -> None:
    rng = np.random.default_rng(3)
    truth, folds = rng.uniform(18, 90, 3000), rng.integers(0, 5, 3000).astype(np.int8)
    predicted = 0.4 * truth + 32 + rng.normal(0, 6, 3000)
    straight, every = corrected(truth, predicted, folds), np.ones((1, 3000))
    assert pull(truth, predicted, every)[0] == pytest.approx(0.4, abs=0.02)
    assert pull(truth, straight, every)[0] == pytest.approx(1.0, abs=0.03)
    raw, after = (regression_figures(truth, each, every)["mae"][0] for each in (predicted, straight))
    assert after > raw


def test_a_film_has_no_part_in_its_own_correction() -> None:
    truth, predicted = ages(1)
    folds = (np.arange(60) % 3).astype(np.int8)
    before = corrected(truth, predicted, folds)
    other = np.where(folds == 0, truth + 10 * np.sin(truth), truth)
    after = corrected(other, predicted, folds)
    assert (after[folds == 0] == before[folds == 0]).all()
    assert (after[folds != 0] != before[folds != 0]).any()


@pytest.mark.parametrize("case", ["one fold", "flat", "one age"])
def test_a_line_that_cannot_be_turned_round(case: str) -> None:
    truth, predicted = ages(2)
    folds = np.zeros(60, np.int8) if case == "one fold" else (np.arange(60) % 3).astype(np.int8)
    predicted = 50 + 0.001 * predicted if case == "flat" else predicted
    truth = np.full(60, 40.0) if case == "one age" else truth
    assert np.isnan(corrected(truth, predicted, folds)).all()


def test_intervals_of_clustered_ages_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    groups = np.repeat(np.arange(80), rng.integers(1, 6, 80)).astype(str)
    own = np.unique(groups, return_inverse=True)[1]
    weights = resamples(groups, 250)

    def drawn_films(patients: NDArray[np.intp], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        truth = rng.uniform(18, 90, count)[patients]
        error = 6 * rng.normal(size=count)[patients] + 3 * rng.normal(size=len(patients))
        return truth, truth + error

    large = drawn_films(np.arange(400_000), 400_000)
    error = np.abs(large[1] - large[0])
    true = {"mae": error.mean(), "median_error": np.median(error), "within_5": np.mean(error <= 5)}
    covered = dict.fromkeys(true, 0)
    for _ in range(200):
        truth, predicted = drawn_films(own, 80)
        figures = {
            **regression_figures(truth, predicted, weights, (5,)),
            "median_error": weighted_median(np.abs(predicted - truth), weights),
        }
        for name, value in true.items():
            low, high = interval(figures[name])
            covered[name] += low <= value <= high
    assert all(0.89 <= times / 200 <= 0.99 for times in covered.values()), covered
