"""Intervals that hold on new patients as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.statistics.conformal import Around, fitted

Drawn = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]


def drawn(patients: int, seed: int, *, uneven: bool = False) -> Drawn:
    """Labels, predictions, patients: of each patient one to six films that are wrong in much the same way. uneven:
    whether errors grow with the prediction."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
    predictions = rng.uniform(20, 80, patients)[of] + rng.normal(0, 1, len(of))
    size = 2 + (predictions - 20) / 4 if uneven else np.full(len(of), 8.0)
    errors = size * (0.9 * rng.normal(0, 1, patients)[of] + 0.4 * rng.normal(0, 1, len(of)))
    return predictions + errors, predictions, of


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("patients", [60, 400])
def test_as_many_new_patients_are_covered_as_promised(patients: int, uneven: bool) -> None:
    shares = []
    for seed in range(60):
        around = fitted(*drawn(patients, seed, uneven=uneven))
        assert around is not None
        labels, predictions, of = drawn(500, 1000 + seed, uneven=uneven)
        films = np.bincount(of)[of]
        shares.append(np.average(around.covers(labels, predictions), weights=1 / films))
    assert 0.885 < np.mean(shares) < 0.93


def test_where_errors_grow_with_the_prediction_the_interval_does() -> None:
    around = fitted(*drawn(800, 0, uneven=True))
    assert around is not None and len(around.at) > 1
    narrow, wide = around.half_width(np.array([22.0, 78.0]))
    assert wide > 3 * narrow
    labels, predictions, _ = drawn(800, 1, uneven=True)
    same = np.quantile(np.abs(labels - predictions), 0.9)
    assert around.half_width(predictions).mean() < 0.95 * same


def test_where_they_do_not_it_is_the_same_everywhere() -> None:
    found = [fitted(*drawn(800, seed)) for seed in range(5)]
    assert sum(around is not None and len(around.at) == 1 for around in found) >= 4


def test_too_few_patients_promise_nothing() -> None:
    labels, predictions, _ = drawn(30, 0)
    assert fitted(labels, predictions, np.arange(len(labels)) % 8) is None, "of 8 patients one in ten is none"
    assert fitted(labels, predictions, np.arange(len(labels)) % 9) is not None


def test_a_patient_with_many_films_weighs_as_one() -> None:
    """Ninety films of one patient who is far off do not make everybody's interval wide."""
    labels, predictions, of = drawn(200, 3)
    alone = fitted(labels, predictions, of)
    more = np.concatenate([labels, np.full(90, 150.0)]), np.concatenate([predictions, np.full(90, 50.0)])
    together = fitted(*more, np.concatenate([of, np.full(90, 200)]))
    assert alone is not None and together is not None
    assert together.half_width(np.array([50.0]))[0] < 1.2 * alone.half_width(np.array([50.0]))[0]


def test_width_is_straight_between_points_and_constant_outside() -> None:
    around = Around(0.9, 2.0, (20.0, 40.0), (1.0, 3.0))
    assert around.half_width(np.array([0.0, 20, 30, 40, 90])).tolist() == [2, 2, 4, 6, 6]
    assert around.covers(np.array([33.0, 35]), np.array([30.0, 30])).tolist() == [True, False]
