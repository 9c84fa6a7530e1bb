"""Films as pictures for people."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from xrays.pictures import as_read, png

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))


@given(st.one_of(SHAPES, SHAPES.map(lambda shape: (*shape, 3))).flatmap(lambda shape: arrays(np.uint8, shape)))
def test_a_png_is_read_by_others_as_it_was(pixels: NDArray[np.uint8]) -> None:
    found = cv2.imdecode(np.frombuffer(png(pixels), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(found[..., ::-1] if found.ndim == 3 else found, pixels)


@pytest.mark.parametrize(("side", "most", "shown"), [(200, 96, 96), (64, 128, 64), (130, 128, 128)])
def test_bones_are_white_and_large_films_smaller(side: int, most: int, shown: int) -> None:
    film = np.full((side, side, 1), 255, np.uint8)
    film[: side // 2] = 55
    read = as_read(film, most)
    assert read.shape == (shown, shown) and read[0, 0] == 200 and read[-1, -1] == 0
