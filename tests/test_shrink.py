"""Films on fewer pixels: each is the mean of the area that it covers."""

from __future__ import annotations

import numpy as np
import pytest

from runners._training.shrink import Shrink, means_of


def test_a_pixel_that_is_cut_counts_by_its_parts() -> None:
    np.testing.assert_allclose(means_of(4, 2), [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    np.testing.assert_allclose(means_of(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]], rtol=1e-6)


@pytest.mark.parametrize(("before", "after"), [(64, 45), (33, 23), (8, 6), (5, 5), (2, 1)])
def test_a_film_stays_as_bright_as_it_is(before: int, after: int) -> None:
    films = np.random.default_rng(0).random((2, before, before, 1), dtype=np.float32)
    small = np.asarray(Shrink(after)(films))
    assert small.shape == (2, after, after, 1)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), films.mean(axis=(1, 2)), rtol=1e-5)
    assert np.asarray(Shrink(after)(np.full_like(films, 0.3))) == pytest.approx(0.3, rel=1e-6)
    np.testing.assert_allclose(np.asarray(Shrink(before)(films)), films, rtol=1e-6)


def test_rows_and_columns_stay_what_they_are() -> None:
    films = np.zeros((1, 4, 4, 1), np.float32)
    films[0, 0, 2:] = 1.0
    np.testing.assert_allclose(np.asarray(Shrink(2)(films))[0, :, :, 0], [[0, 0.5], [0, 0]])
