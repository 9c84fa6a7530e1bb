"""The interval beside a score: from other patients, put together fold by fold as the score is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trials.score_interval import score_interval, score_intervals
from xrays.statistics.metrics import score
from xrays.tasks import TASKS


def films(patients: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """truth, predicted with errors that a patient's films share, groups."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(20, 80, patients * each)
    error = np.repeat(rng.normal(0, 10, patients), each)
    return truth, truth + error, np.repeat([f"p{n}" for n in range(patients)], each)


def test_films_of_one_patient_count_as_one() -> None:
    truth, predicted, groups = films(100, 5)
    low, high = score_interval(TASKS["age"], truth, predicted, groups)
    errors = np.abs(predicted - truth).reshape(100, 5).mean(axis=1)
    expected = 2 * 1.96 * errors.std(ddof=1) / 10
    assert high - low == pytest.approx(expected, rel=0.1)
    apart = score_interval(TASKS["age"], truth, predicted, np.arange(500).astype(str))
    assert apart.high - apart.low < 0.6 * (high - low)


@given(st.integers(2, 5), st.integers(0, 10))
def test_it_holds_the_mean_over_folds(folds: int, seed: int) -> None:
    truth, predicted, groups = films(60, 1, seed)
    own = (np.arange(60) % folds).astype(np.int8)
    low, high = score_interval(TASKS["age"], truth, predicted, groups, own)
    score = np.mean([np.abs(predicted - truth)[own == fold].mean() for fold in range(folds)])
    assert low < score < high


def test_of_an_accuracy_it_is_one_of_right_films() -> None:
    truth = np.arange(200) % 2
    predicted = np.where(np.arange(200) < 160, truth, 1 - truth).astype(float)
    low, high = score_interval(TASKS["gender"], truth, predicted, np.arange(200).astype(str))
    assert 0.7 < low < 0.8 < high < 0.9


@pytest.mark.parametrize(("patients", "error"), [(1, 3.0), (20, 0.0)])
def test_there_is_none_where_other_patients_say_nothing(patients: int, error: float) -> None:
    truth = np.linspace(20, 80, 20)
    ends = score_interval(TASKS["age"], truth, truth + error, (np.arange(20) % patients).astype(str))
    assert np.isnan(ends).all()


@pytest.mark.parametrize("task", TASKS)
def test_every_metric_has_one(task: str) -> None:
    own, (truth, predicted, groups) = TASKS[task], films(80, 3)
    if own.kind == "binary":
        truth, predicted = (truth > 50).astype(float), 1 / (1 + np.exp((50 - predicted) / 10))
    found = score_intervals(own, truth, predicted, groups)
    assert list(found) == list(own.metrics)
    for name, value in score(own, truth, predicted).items():
        assert found[name].low < value < found[name].high
    alone = score_interval(own, truth, predicted, groups)
    assert found[own.objective] == pytest.approx(alone, rel=1e-5)
    one = score_intervals(own, truth, predicted, np.full(len(truth), "p0"))
    assert all(np.isnan(ends).all() for ends in one.values())
