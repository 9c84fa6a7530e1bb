"""Resamples of patients, and intervals of what is computed on them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xrays.statistics.bootstrap import TOGETHER, interval, resamples, resamples_in_parts, share_interval


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(0, 5))
def test_patients_are_drawn_whole_and_as_many_as_there_are(patients: list[int], seed: int) -> None:
    groups = np.array([f"patient {patient}" for patient in patients])
    drawn = resamples(groups, 20, seed)
    assert drawn.shape == (20, len(patients))
    by_patient = {group: drawn[:, groups == group] for group in set(groups)}
    assert all((films == films[:, :1]).all() for films in by_patient.values())
    assert (sum(films[:, 0] for films in by_patient.values()) == len(by_patient)).all()
    assert (drawn == resamples(groups, 20, seed)).all()


def test_an_interval_covers_a_mean_of_clustered_values_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    groups = np.repeat(np.arange(60), rng.integers(1, 6, 60)).astype(str)
    own = np.unique(groups, return_inverse=True)[1]
    drawn = resamples(groups, 400)
    single = resamples(np.arange(len(groups)).astype(str), 400)
    covered = {"patients": 0, "films": 0}
    for _ in range(400):
        values = (rng.normal(size=60)[own] + 0.3 * rng.normal(size=len(own))).astype(np.float32)
        for name, weights in (("patients", drawn), ("films", single)):
            low, high = interval(weights @ values / weights.sum(axis=1))
            covered[name] += low <= 0 <= high
    assert 0.89 <= covered["patients"] / 400 <= 0.98
    assert covered["films"] / 400 < 0.85, "films of one patient are no independent films"


def test_resamples_without_a_score_are_left_out() -> None:
    assert interval(np.array([np.nan, 1.0, 2.0]), level=1.0) == (1.0, 2.0)
    assert all(math.isnan(end) for end in interval(np.array([np.nan])))


@given(st.integers(1, 5), st.floats(0.001, 1000))
def test_over_one_patient_there_is_no_interval(films: int, error: float) -> None:
    drawn = resamples(np.array(["alone"] * films), 50)
    errors = np.full(films, error, np.float32) * np.arange(1, films + 1, dtype=np.float32)
    assert all(math.isnan(end) for end in interval(drawn @ errors / drawn.sum(axis=1)))
    for share in (0.0, 0.5, 1.0):
        ends = share_interval(share, np.full(50, share), patients=1)
        assert all(math.isnan(end) for end in ends)


def test_in_parts_they_are_the_same() -> None:
    groups = np.array(list("aabcccd"))
    parts = list(resamples_in_parts(groups, 2 * TOGETHER + 3, seed=5))
    assert [len(part) for part in parts] == [TOGETHER, TOGETHER, 3]
    np.testing.assert_array_equal(np.concatenate(parts), resamples(groups, 2 * TOGETHER + 3, seed=5))
