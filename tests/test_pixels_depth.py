"""16 bits: what is no part of the film (hot pixels, markers, padding, an offset) does not decide how it looks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.pixels.depth import UNITS, eight_bits
from xrays.pixels.read import read_film

FILMS = Path(__file__).parents[2] / "shared/data/nih/train"
RAMP = np.tile(np.linspace(0, 4095, 512).astype(np.uint16), (64, 1))
EXPECTED = np.tile(np.linspace(0, 255, 512), (64, 1))


def grey(film: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return eight_bits(film)[0]


@pytest.mark.parametrize("unit", UNITS)
def test_eight_bits_spread_over_more_come_back_as_they_were(unit: float) -> None:
    film = np.random.default_rng(1).integers(3, 250, (60, 50)).astype(np.uint8)
    for rounded in (np.rint, np.floor):
        np.testing.assert_array_equal(grey(rounded(film.astype(float) * unit).astype(np.uint16)), film)


def test_a_film_goes_from_its_lowest_to_its_highest_value() -> None:
    np.testing.assert_allclose(grey(RAMP), EXPECTED, atol=0.6)


@pytest.mark.parametrize("offset", [0, 7, 33_000])
def test_an_offset_is_none_of_the_film(offset: int) -> None:
    np.testing.assert_allclose(grey(RAMP + np.uint16(offset)), EXPECTED, atol=0.6)


def test_a_narrow_film_far_from_both_ends() -> None:
    film = np.tile(np.linspace(33_000, 37_000, 500).astype(np.uint16), (50, 1))
    np.testing.assert_allclose(grey(film), np.tile(np.linspace(0, 255, 500), (50, 1)), atol=0.6)


@pytest.mark.parametrize("lit", [1, RAMP.size // 100])
def test_hot_pixels_and_a_marker_darken_nothing(lit: int) -> None:
    film = RAMP.copy()
    film.ravel()[:lit] = 65535
    read, clipped = eight_bits(film)
    assert clipped
    np.testing.assert_allclose(read.ravel()[lit:], EXPECTED.ravel()[lit:], atol=0.6)
    assert (read.ravel()[:lit] == 255).all()


def test_so_do_spots_of_many_values() -> None:
    film = RAMP.copy()
    film.ravel()[: RAMP.size // 100] = np.linspace(40_000, 65_535, RAMP.size // 100).astype(np.uint16)
    np.testing.assert_allclose(grey(film)[1:], EXPECTED[1:], atol=0.6)


def test_padding_below_an_offset_is_black_and_lightens_nothing() -> None:
    film = np.pad(RAMP + np.uint16(30_000), 100)
    read = grey(film)
    np.testing.assert_allclose(read[100:-100, 100:-100], EXPECTED, atol=0.6)
    assert not read[:100].any()


@pytest.mark.parametrize("value", [0, 1, 257, 1000, 65535])
def test_one_value_is_black(value: int) -> None:
    assert not grey(np.full((9, 9), value, np.uint16)).any()


def test_the_noise_of_an_empty_exposure_is_no_film() -> None:
    noise = np.random.default_rng(0).normal(20_000, 15, (64, 64)).astype(np.uint16)
    assert not grey(noise).any()


def test_two_values_are_black_and_white() -> None:
    film = np.where(np.eye(8, dtype=bool), 5000, 1000).astype(np.uint16)
    np.testing.assert_array_equal(grey(film), np.eye(8) * 255)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_files(tmp_path: Path, suffix: str) -> None:
    hot = RAMP.copy()
    hot[0, 0] = 65535
    assert cv2.imwrite(str(tmp_path / f"film{suffix}"), hot)
    film = read_film(tmp_path / f"film{suffix}")
    np.testing.assert_allclose(film.grey[1:], EXPECTED[1:], atol=0.6)
    assert film.notes == ("values far from all others clipped",)


@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared films are not here")
@pytest.mark.parametrize("most", [1023, 4080, 4095, 65280, 65535])
def test_real_films_of_more_bits_give_the_same_pixels(most: int) -> None:
    for path in sorted(FILMS.glob("*.png"))[::20]:
        film = read_film(path)
        deep, _ = eight_bits(np.rint(film.grey * (most / 255)).astype(np.uint16))
        np.testing.assert_array_equal(deep, film.grey)
