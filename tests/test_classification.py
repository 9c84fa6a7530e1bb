"""Figures of gender predictions: against scikit-learn, against resamples written out, and DeLong by all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from xrays.statistics.bootstrap import interval, resamples, share_interval
from xrays.statistics.classification import auc, brier, cumulative, precision, roc, threshold_figures
from xrays.statistics.delong import delong, delong_interval

SEEDS = st.integers(0, 10_000)
GRID = np.linspace(0, 1, 41)


def films(seed: int, count: int = 60, digits: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Classes, both there, and scores with many ties."""
    rng = np.random.default_rng(seed)
    truth = np.append(rng.integers(0, 2, count - 2), [0, 1]).astype(float)
    return truth, np.round(np.clip(0.5 + 0.3 * (truth - 0.5) + 0.25 * rng.normal(size=count), 0, 1), digits)


@given(SEEDS, st.integers(1, 5))
def test_figures_are_those_of_the_reference(seed: int, digits: int) -> None:
    truth, predicted = films(seed, digits=digits)
    every, called = np.ones((1, 60)), predicted >= 0.5
    assert auc(truth, predicted, every)[0] == pytest.approx(roc_auc_score(truth, predicted))
    assert brier(truth, predicted, every)[0] == pytest.approx(brier_score_loss(truth, predicted))
    found = {name: float(own[0]) for name, own in threshold_figures(truth, predicted, every)[0].items()}
    assert found == pytest.approx({
        "accuracy": accuracy_score(truth, called), "balanced_accuracy": balanced_accuracy_score(truth, called),
        "sensitivity": recall_score(truth, called), "specificity": recall_score(truth, called, pos_label=0),
        "positive_value": precision_score(truth, called, zero_division=np.nan),
        "negative_value": precision_score(truth, called, pos_label=0, zero_division=np.nan),
        "called_positive": called.mean(),
    }, nan_ok=True)  # fmt: skip


@given(SEEDS)
def test_a_weight_is_a_film_that_is_there_so_often(seed: int) -> None:
    truth, predicted = films(seed)
    weights = resamples(np.repeat(np.arange(20), 3).astype(str), 5, seed)
    areas, squares = auc(truth, predicted, weights), brier(truth, predicted, weights)
    at = threshold_figures(truth, predicted, weights, (0.3, 0.7))
    counts = cumulative(truth, predicted, weights)
    curves = {roc: roc(counts, GRID), precision: precision(counts, GRID)}
    for draw, row in enumerate(weights.astype(int)):
        own = np.repeat(np.arange(60), row)
        every = np.ones((1, len(own)))
        assert areas[draw] == pytest.approx(auc(truth[own], predicted[own], every)[0], nan_ok=True)
        assert squares[draw] == pytest.approx(brier(truth[own], predicted[own], every)[0], rel=1e-5)
        alone = threshold_figures(truth[own], predicted[own], every, (0.3, 0.7))
        for mine, other in zip(at, alone, strict=True):
            assert {name: each[draw] for name, each in mine.items()} == pytest.approx(
                {name: each[0] for name, each in other.items()}, nan_ok=True, rel=1e-5
            )
        for kind, found in curves.items():
            expected = kind(cumulative(truth[own], predicted[own], every), GRID)[0]
            assert found[draw] == pytest.approx(expected, rel=1e-5, nan_ok=True)


@given(SEEDS)
def test_curves_are_those_of_the_reference(seed: int) -> None:
    truth, predicted = films(seed)
    counts = cumulative(truth, predicted, np.ones((1, 60)))
    false, true, _ = roc_curve(truth, predicted)
    # A little to the right of a rise the reference has its upper end, too.
    assert roc(counts, GRID)[0] == pytest.approx(np.interp(GRID + 1e-9, false, true))
    precise, recall, _ = precision_recall_curve(truth, predicted)
    # By recall from low to high; the first that reaches a recall is the highest threshold that does.
    steps = [precise[::-1][1:][np.flatnonzero(recall[::-1][1:] >= r - 1e-9)[0]] for r in GRID[1:]]
    assert precision(counts, GRID)[0, 1:] == pytest.approx(steps)


def test_many_scores_are_thinned_without_moving_the_curve() -> None:
    truth, predicted = films(5, 3000, digits=9)
    every = np.ones((1, 3000))
    whole, thin = cumulative(truth, predicted, every, 3000), cumulative(truth, predicted, every, 200)
    assert len(whole.thresholds) > 2000 and 150 < len(thin.thresholds) <= 200
    assert (whole.positives[0, -1], whole.negatives[0, -1]) == (thin.positives[0, -1], thin.negatives[0, -1])
    assert np.abs(roc(whole, GRID) - roc(thin, GRID)).max() < 0.01
    assert np.abs(precision(whole, GRID) - precision(thin, GRID))[0, 1:].max() < 0.01


def test_one_class_alone_has_no_area() -> None:
    predicted, every = np.array([0.2, 0.7, 0.9]), np.ones((1, 3))
    for truth in (np.zeros(3), np.ones(3)):
        assert np.isnan(auc(truth, predicted, every)[0])
        assert np.isnan(roc(cumulative(truth, predicted, every), GRID)).all()
        assert np.isnan(delong(truth, predicted)).all()
    assert np.isnan(precision(cumulative(np.zeros(3), predicted, every), GRID)).all()


@given(SEEDS, st.integers(4, 25), st.integers(0, 3))
def test_delong_is_what_all_pairs_say(seed: int, count: int, digits: int) -> None:
    truth, predicted = films(seed, count, digits)
    positive, negative = predicted[truth == 1], predicted[truth == 0]
    wins = np.array([[(p > n) + 0.5 * (p == n) for n in negative] for p in positive], float)
    score, variance = delong(truth, predicted)
    assert score == pytest.approx(wins.mean())
    if min(wins.shape) > 1:
        by_positive, by_negative = wins.mean(axis=1), wins.mean(axis=0)
        expected = by_positive.var(ddof=1) / len(positive) + by_negative.var(ddof=1) / len(negative)
        assert variance == pytest.approx(expected)
    else:
        assert np.isnan(variance)


def test_delong_and_resamples_agree_where_films_are_independent() -> None:
    truth, predicted = films(8, 500, 9)
    low, high = delong_interval(truth, predicted)
    drawn = interval(auc(truth, predicted, resamples(np.arange(500).astype(str))))
    assert (low, high) == pytest.approx(drawn, abs=0.006)


def test_only_resampled_patients_cover_a_clustered_auc() -> None:
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(60), rng.integers(2, 9, 60)).astype(str)
    own = np.unique(groups, return_inverse=True)[1]
    weights = resamples(groups, 250)
    gender = np.arange(60) % 2

    def scores(patients: NDArray[np.intp], truth: NDArray[np.int_]) -> NDArray[np.float64]:
        shared = rng.normal(size=patients.max() + 1)[patients]
        return np.asarray(truth + shared + 0.3 * rng.normal(size=len(patients)))

    many = np.arange(200_000)
    area = roc_auc_score(many % 2, scores(many, many % 2))
    covered = {"patients": 0, "films": 0}
    for _ in range(200):
        truth = gender[own]
        predicted = scores(own, truth)
        for name, (low, high) in {
            "patients": interval(auc(truth, predicted, weights)), "films": delong_interval(truth, predicted)
        }.items():  # fmt: skip
            covered[name] += low <= area <= high
    assert 0.89 <= covered["patients"] / 200 <= 0.99, covered
    assert covered["films"] / 200 < 0.85, "DeLong's formula takes films of one patient for independent"


@pytest.mark.parametrize("patients", [2, 10, 300])
def test_a_share_of_all_or_none_keeps_an_interval(patients: int) -> None:
    from scipy.stats import binomtest

    same = np.ones(10)
    whole, none = share_interval(1.0, same, patients), share_interval(0.0, 0 * same, patients)
    exact = binomtest(patients, patients).proportion_ci(method="exact")
    assert whole == pytest.approx((exact.low, 1.0)) and none == pytest.approx((0.0, 1 - exact.low))
    assert share_interval(0.5, np.array([0.4, 0.5, 0.6]), patients) == interval(np.array([0.4, 0.5, 0.6]))
    assert np.isnan(share_interval(1.0, same, 1)).all(), "films of one patient say nothing about others"
