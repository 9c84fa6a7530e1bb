"""The noise that settings on the same blocks are judged by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrays.statistics.blocks import cell_noise, noises


def test_with_two_settings_it_is_the_paired_t_test() -> None:
    from scipy.stats import ttest_rel

    scores = np.random.default_rng(1).normal(size=(2, 7))
    low, high = ttest_rel(scores[1], scores[0]).confidence_interval(0.95)
    difference = scores[1].mean() - scores[0].mean()
    margin = cell_noise(scores).margin(7)
    assert (difference - margin, difference + margin) == pytest.approx((low, high))
    assert noises(scores)[1] == cell_noise(scores)


@pytest.mark.parametrize("settings", [2, 12])
def test_settings_without_an_effect_are_told_apart_as_seldom_as_they_should(settings: int) -> None:
    """Blocks differ a lot, which must not matter."""
    rng = np.random.default_rng(settings)
    told, margins = [], []
    for _ in range(600):
        scores = 3.0 * rng.normal(size=(1, 3)) + rng.normal(size=(settings, 3))
        noise = noises(scores)[-1]
        differences = scores[1:].mean(axis=1) - scores[0].mean()
        told.append(np.mean(np.abs(differences) > noise.margin(3)))
        margins.append(noise.margin(3))
    assert 0.03 < np.mean(told) < 0.075
    if settings == 12:
        assert np.mean(margins) < 2.0, "twelve settings know the noise, two do not (3.3)"


@pytest.mark.parametrize("wild", [30.0, 1e4])
def test_one_setting_that_diverged_on_a_fold_does_not_widen_the_others(wild: float) -> None:
    rng = np.random.default_rng(3)
    told, wide = [], []
    for _ in range(300):
        scores = 3.0 * rng.normal(size=(1, 3)) + rng.normal(size=(12, 3))
        scores[5, 1] += wild
        found = noises(scores)
        differences = scores.mean(axis=1) - scores[0].mean()
        beyond = [abs(difference) > noise.margin(3) for difference, noise in zip(differences, found, strict=True)]
        told.append(np.mean(np.delete(beyond, [0, 5])))
        wide.append([found[1].margin(3), found[5].margin(3)])
    assert 0.03 < np.mean(told) < 0.075
    others, own = np.mean(wide, axis=0)
    assert others < 2.0 and own > wild / 3, "pooled it would be half of the wild one for all"


def test_a_reference_that_diverged_is_far_from_none(wild: float = 1e4) -> None:
    scores = np.random.default_rng(4).normal(size=(12, 3))
    scores[0, 1] += wild
    assert all(noise.freedom == 2 and noise.margin(3) > wild for noise in noises(scores)[1:])


def test_one_block_or_one_setting_says_nothing() -> None:
    for shape in ((5, 1), (1, 5), (1, 1), (0, 0)):
        assert math.isnan(cell_noise(np.ones(shape)).margin(3))
        assert all(math.isnan(noise.margin(3)) for noise in noises(np.ones(shape)))
