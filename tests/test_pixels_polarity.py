"""Negatives: told from films by the chest on them, put right where it is asked for, noticed where it is not."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.phantom.anatomy import render
from xrays.phantom.sample import draw_technique, requests
from xrays.pixels.film import Film
from xrays.pixels.polarity import agreement, is_negative
from xrays.pixels.recipe import PixelRecipe

FILMS = Path(__file__).parents[2] / "shared/data/nih/train"
AUTO, KEEP = PixelRecipe("auto"), PixelRecipe("keep")


@pytest.fixture(scope="module")
def chests() -> list[NDArray[np.uint8]]:
    """A few of the built-in synthetic films."""
    return [render(np.random.default_rng(one.seed), one.anatomy, draw_technique(np.random.default_rng(one.seed)))
            for one in islice(requests(7), 12)]  # fmt: skip


def negative(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(255 - grey, np.uint8)


def test_synthetic_chests(chests: list[NDArray[np.uint8]]) -> None:
    """One of them is dark and tilted: it is left as it is either way."""
    assert sorted(is_negative(negative(chest)) for chest in chests)[1:] == [True] * (len(chests) - 1)
    assert not any(is_negative(chest) for chest in chests)


@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared films are not here")
@pytest.mark.parametrize("seed", range(3))
def test_real_films_with_a_fifth_inverted(seed: int) -> None:
    """Every second film of the shared ones, under other windows."""
    rng = np.random.default_rng(seed)
    films = sorted(FILMS.glob("*.png"))[seed % 2 :: 2]
    turned = np.isin(np.arange(len(films)), rng.choice(len(films), len(films) // 5, replace=False))
    found = []
    for path, is_turned in zip(films, turned, strict=True):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        grey = np.asarray(255 * (grey / 255) ** rng.uniform(0.6, 1.6), np.uint8)
        film = AUTO.at_own_size(Film(negative(grey) if is_turned else grey))
        found.append("negative put right" in film.notes)
    assert np.mean(np.array(found)[turned]) >= 0.95
    assert np.mean(np.array(found)[~turned]) <= 0.01


def test_what_is_no_chest_is_left_as_it_is() -> None:
    assert agreement(np.full((40, 40), 7, np.uint8)) == 0
    noise = np.random.default_rng(0).integers(0, 256, (200, 64, 64), np.uint8)
    assert np.mean([is_negative(film) for film in noise]) < 0.03


class TestRecipe:
    def test_negatives_are_put_right(self, chests: list[NDArray[np.uint8]]) -> None:
        for chest in (chest for chest in chests if is_negative(negative(chest))):
            plain, righted = AUTO.at_own_size(Film(chest)), AUTO.at_own_size(Film(negative(chest)))
            np.testing.assert_array_equal(righted.grey, plain.grey)
            assert righted.notes == (*plain.notes, "negative put right")

    def test_in_a_frame_too(self, chests: list[NDArray[np.uint8]]) -> None:
        """The frame is no part of the film, and what pads it to a square is black all the same."""
        framed = cv2.copyMakeBorder(negative(chests[0]), 9, 9, 90, 90, cv2.BORDER_CONSTANT, value=0)
        np.testing.assert_array_equal(AUTO.pixels(Film(framed), 64), AUTO.pixels(Film(chests[0]), 64))

    def test_elsewhere_they_are_noticed(self, chests: list[NDArray[np.uint8]]) -> None:
        film = KEEP.at_own_size(Film(negative(chests[0])))
        np.testing.assert_array_equal(film.grey, negative(chests[0]))
        assert "looks like a negative" in film.notes
        assert "looks like a negative" not in KEEP.at_own_size(Film(chests[0])).notes
