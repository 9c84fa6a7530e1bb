"""Principal axes are those of a singular value decomposition, with few vectors, many, and fewer dimensions than
numbers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrays import moments
from xrays.moments import moments_of


def drawn(count: int, width: int, rank: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(3)
    mixed = rng.normal(size=(count, rank)) * np.geomspace(5, 0.5, rank) @ rng.normal(size=(rank, width))
    return (mixed + rng.normal(0, 20, width)).astype(np.float32)


@pytest.mark.parametrize(("count", "width", "rank"), [(60, 12, 12), (12, 60, 60), (60, 12, 4), (1, 5, 1)])
def test_axes_and_their_variances(count: int, width: int, rank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "BLOCK", 7)
    vectors = drawn(count, width, rank)
    found = moments_of(vectors)
    exact = vectors.astype(np.float64)
    np.testing.assert_allclose(found.mean, exact.mean(axis=0))
    np.testing.assert_allclose(found.variance, exact.var(axis=0), atol=1e-12)
    real = min(count - 1, width, rank)
    _, deviations, axes = np.linalg.svd(exact - exact.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.spread[:real], deviations[:real] ** 2 / count, rtol=1e-6)
    np.testing.assert_allclose(np.abs(found.axes[:real] @ axes[:real].T), np.eye(real), atol=1e-5)
    assert found.axes.shape == (width, width) and not found.axes[real:].any() and not found.spread[real:].any()
    assert (found.axes[:real].max(axis=1) >= -found.axes[:real].min(axis=1)).all(), (
        "one of two signs, always the same"
    )


def test_no_more_axes_than_a_space_asks_for() -> None:
    assert moments_of(drawn(40, 300, 30)).axes.shape == (moments.AXES, 300)


def test_of_very_many_a_part_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = drawn(400, 40, 3)
    whole = moments_of(vectors)
    monkeypatch.setattr(moments, "LARGEST", 30)
    part = moments_of(vectors)
    np.testing.assert_array_equal(part.mean, whole.mean)
    np.testing.assert_array_equal(part.variance, whole.variance)
    assert not np.array_equal(part.axes, whole.axes)
    assert (np.linalg.svd(part.axes[:3] @ whole.axes[:3].T)[1] > 0.99).all(), "the same plane"
