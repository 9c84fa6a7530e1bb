"""A photograph in colour is known as one, in every kind of file; grey in three channels, a tint of rounding and an
arrow in red are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.pixels.raster import COLOURED
from xrays.pixels.read import read_film

SUFFIXES = (".png", ".jpg", ".tif", ".bmp")


def grey() -> NDArray[np.uint8]:
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(40, 220, (12, 10), dtype=np.uint8), (160, 192), interpolation=cv2.INTER_CUBIC)


def photograph() -> NDArray[np.uint8]:
    """Of a film on a lit panel: blue."""
    return np.dstack([grey(), grey() // 4 * 3, grey() // 2])


def arrow() -> NDArray[np.uint8]:
    drawn = cv2.cvtColor(grey(), cv2.COLOR_GRAY2BGR)
    cv2.arrowedLine(drawn, (20, 20), (60, 60), (0, 0, 255), 3)
    return drawn


def noted(path: Path, picture: NDArray[np.uint8] | NDArray[np.uint16]) -> bool:
    assert cv2.imwrite(str(path), picture)
    return COLOURED in read_film(path).notes


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_photograph_is_in_colour(suffix: str, tmp_path: Path) -> None:
    assert noted(tmp_path / f"film{suffix}", photograph())


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("picture", [grey, arrow, lambda: cv2.cvtColor(grey(), cv2.COLOR_GRAY2BGRA)])
def test_a_film_is_not(suffix: str, picture: object, tmp_path: Path) -> None:
    drawn = picture()  # type: ignore[operator]
    drawn = drawn[..., :3] if drawn.ndim == 3 and suffix == ".jpg" else drawn
    assert not noted(tmp_path / f"film{suffix}", drawn)


@pytest.mark.parametrize(("suffix", "many"), [(".png", 257), (".tif", 257), (".png", 1)])
def test_of_sixteen_bits_and_of_a_few_pixels(suffix: str, many: int, tmp_path: Path) -> None:
    picture = photograph().astype(np.uint16) * 257 if many > 1 else photograph()[:4, :4]
    assert noted(tmp_path / f"film{suffix}", picture)
    assert not noted(tmp_path / f"grey{suffix}", np.dstack([picture[..., 0]] * 3))
