"""Calibrated probabilities: what is fitted, and that nothing is where nothing is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrays.statistics.calibration import FITS, Isotonic, Temperature, fitted, log_losses, logit
from xrays.statistics.classification import calibration_error
from xrays.statistics.logistic import probability


def drawn(films: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Labels, probabilities that are right, and patients of two films each."""
    rng = np.random.default_rng(seed)
    right = probability(rng.normal(0, 1.5, films))
    return (rng.random(films) < right).astype(float), right, np.arange(films) // 2


def test_probabilities_that_are_right_are_left_alone() -> None:
    for seed in range(5):
        labels, right, patients = drawn(1500, seed)
        assert fitted(labels, right, patients) is None


def test_an_overconfident_network_is_cooled_by_what_it_was_heated() -> None:
    labels, right, patients = drawn(4000)
    heated = probability(3 * logit(right))
    found = fitted(labels, heated, patients)
    assert isinstance(found, Temperature) and found.factor == pytest.approx(1 / 3, abs=0.02)
    assert log_losses(labels, found.of(heated)).mean() < log_losses(labels, heated).mean() - 0.1


def test_what_no_temperature_mends_takes_a_line() -> None:
    labels, right, patients = drawn(6000)
    found = fitted(labels, right**4, patients)  # far too low everywhere: class 1 is half as likely as it is
    assert isinstance(found, Isotonic)
    ones = np.ones((1, len(labels)))
    assert (
        calibration_error(labels, found.of(right**4), ones)[0] < 0.03 < calibration_error(labels, right**4, ones)[0]
    )


def test_many_films_of_few_patients_say_no_more_than_their_patients() -> None:
    """Thirty films a patient, all as the first one: as thirty patients each they would be calibrated by luck."""
    found = []
    for seed in range(40):
        labels, right, _ = drawn(50, seed)
        found.append(fitted(labels.repeat(30), right.repeat(30), np.arange(50).repeat(30)))
    assert sum(calibration is not None for calibration in found) <= 1


def test_one_patient_alone_is_not_calibrated() -> None:
    assert fitted(np.array([0.0, 1]), np.array([0.2, 0.7]), np.zeros(2)) is None


def test_one_class_alone_is_not_calibrated() -> None:
    assert fitted(np.ones(50), np.full(50, 0.7), np.arange(50)) is None


@given(st.integers(0, 2**32 - 1), st.integers(4, 200), st.sampled_from(sorted(FITS)))
def test_a_calibration_rises_and_stays_a_probability(seed: int, films: int, name: str) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(films) % 2).astype(float)
    # Few different values, some of them 0 and 1: what saturated networks say.
    given_ = np.round(rng.random(films), int(rng.integers(1, 4)))
    line = np.linspace(0, 1, 101)
    calibrated = FITS[name](labels, given_).of(line)
    assert (np.diff(calibrated) >= 0).all() and calibrated.min() >= 0 and calibrated.max() <= 1


def test_the_error_of_right_probabilities_is_small_and_of_wrong_ones_is_what_they_are_off_by() -> None:
    labels, right, _ = drawn(20_000)
    ones = np.ones((1, len(labels)))
    assert calibration_error(labels, right, ones)[0] < 0.01
    assert calibration_error(np.ones(100), np.full(100, 0.8), np.ones((2, 100))) == pytest.approx([0.2, 0.2])
