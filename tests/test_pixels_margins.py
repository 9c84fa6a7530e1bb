"""Margins: taken away at any width and in any colour, and never a part of the film. Blank films are told."""

from __future__ import annotations

from itertools import islice, product
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.phantom.anatomy import render
from xrays.phantom.sample import draw_technique, requests
from xrays.pixels.blank import is_blank
from xrays.pixels.film import Film, UnreadableFilm
from xrays.pixels.margins import without_margins
from xrays.pixels.recipe import PixelRecipe

FILMS = Path(__file__).parents[2] / "shared/data/nih/train"


def film(height: int = 120, width: int = 90) -> NDArray[np.uint8]:
    noise = cv2.GaussianBlur(np.random.default_rng(3).normal(size=(height, width)), (0, 0), 3)
    return np.asarray(40 + 170 * (noise - noise.min()) / np.ptp(noise), np.uint8)


def framed(grey: NDArray[np.uint8], widths: tuple[int, int, int, int], value: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.copyMakeBorder(grey, *widths, cv2.BORDER_CONSTANT, value=value), np.uint8)


WIDTHS = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 300, 300), (3, 70, 0, 9), (500, 500, 500, 500)]


@pytest.mark.parametrize("value", [0, 7, 128, 250, 255])
@pytest.mark.parametrize("widths", WIDTHS)
def test_any_width_and_colour(widths: tuple[int, int, int, int], value: int) -> None:
    """But a grey line or two, which resizing leaves at an edge."""
    boxed = framed(film(), widths, value)
    trace = value == 128 and 0 < max(widths) <= 2
    np.testing.assert_array_equal(without_margins(boxed), boxed if trace else film())


def test_a_frame_within_a_frame() -> None:
    boxed = framed(framed(film(), (0, 0, 40, 40), 0), (20, 20, 1, 1), 255)
    np.testing.assert_array_equal(without_margins(boxed), film())


def test_letters_in_a_margin_do_not_keep_it() -> None:
    boxed = framed(film(), (200, 0, 0, 0), 0)
    cv2.putText(boxed, "R", (5, 100), cv2.FONT_HERSHEY_PLAIN, 0.4, 255)
    np.testing.assert_array_equal(without_margins(boxed), film())


def test_a_margin_that_went_through_a_jpeg() -> None:
    boxed = framed(film(240, 200), (64, 64, 32, 0), 0)
    found = without_margins(cv2.imdecode(cv2.imencode(".jpg", boxed, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], 0))
    assert np.abs(np.subtract(found.shape, (240, 200))).max() <= 8, "a block of a JPEG"


def test_a_collimator_with_noise_and_a_soft_edge() -> None:
    rng = np.random.default_rng(1)
    boxed = framed(film(240, 200), (50, 60, 40, 30), 225).astype(np.float32) + rng.normal(0, 2, (350, 270))
    found = without_margins(cv2.GaussianBlur(boxed.clip(0, 255).astype(np.uint8), (5, 5), 0))
    assert np.abs(np.subtract(found.shape, (240, 200))).max() <= 8


def test_a_grey_that_fades_away_is_no_margin() -> None:
    ground = np.tile(np.linspace(100, 160, 300), (200, 1)).astype(np.uint8)
    assert without_margins(ground).shape == ground.shape


def test_a_collimator_that_grows_darker_on_its_way_to_the_film() -> None:
    ground = np.vstack([np.tile(np.linspace(215, 250, 90), (200, 1)).T, film(240, 200)])
    uneven = np.asarray(ground[::-1] - np.linspace(0, 12, 200), np.uint8)
    assert abs(len(without_margins(uneven)) - 240) <= 3


def test_a_belly_as_white_as_paper_is_no_margin() -> None:
    """White over the whole width at the end of the film, and on its way there from the middle to both sides."""
    rows, columns = np.mgrid[:300, :256]
    lungs = 60 + 60 * np.sin(rows / 9) * np.sin(columns / 11)
    belly = np.clip((rows - 120) / 80 - ((columns - 128) / 128) ** 2, 0, 1)
    white = np.asarray(lungs * (1 - belly) + 250 * belly, np.uint8)
    assert (white[-20:] == 250).all()
    assert without_margins(white).shape == white.shape


def through_jpeg(grey: NDArray[np.uint8], quality: int = 95) -> NDArray[np.uint8]:
    content = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


def test_a_jpeg_is_cropped_where_its_png_is() -> None:
    rng = np.random.default_rng(0)
    for one in islice(requests(3), 20):
        chest = render(np.random.default_rng(one.seed), one.anatomy, draw_technique(np.random.default_rng(one.seed)))
        top, bottom, left, right = rng.integers(0, 90, 4) * rng.integers(0, 2, 4)
        boxed = framed(chest, (top, bottom, left, right), int(rng.choice([0, 255])))
        plain, lossy = (PixelRecipe().pixels(Film(grey), 64).astype(int) for grey in (boxed, through_jpeg(boxed)))
        assert without_margins(through_jpeg(boxed)).shape == without_margins(boxed).shape
        assert np.abs(plain - lossy).max() <= 2


@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared films are not here")
def test_real_films_as_jpeg_give_the_same_pixels() -> None:
    """At a quarter of their size; at half of it a JPEG of this quality differs by 3 levels wherever its edges are."""
    far = {}
    for path in sorted(FILMS.iterdir()):
        grey = np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
        plain, lossy = (PixelRecipe().pixels(Film(each), 64).astype(int) for each in (grey, through_jpeg(grey)))
        far[path.name] = int(np.abs(plain - lossy).max())
    assert {name: levels for name, levels in far.items() if levels > 2} == {}


@pytest.mark.parametrize("value", [0, 128, 255])
def test_of_a_film_of_one_value_nothing_is_taken(value: int) -> None:
    assert without_margins(np.full((50, 60), value, np.uint8)).shape == (50, 60)


def test_the_film_is_left_as_it_is() -> None:
    boxed = framed(film(), (9, 9, 9, 9), 0)
    before = boxed.copy()
    without_margins(boxed)
    np.testing.assert_array_equal(boxed, before)


@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared films are not here")
def test_real_films_that_were_letterboxed_come_back() -> None:
    for number, (value, widths) in enumerate(product((0, 255), [(30, 50, 0, 0), (0, 0, 90, 90), (20, 20, 20, 20)])):
        grey = cv2.imread(str(FILMS / f"{number:06d}.png"), cv2.IMREAD_GRAYSCALE)
        assert grey is not None
        alone = without_margins(np.asarray(grey, np.uint8))
        found = without_margins(framed(np.asarray(grey, np.uint8), widths, value))
        # Where black air fades into the film, black beside it moves the line from which on a row is more than air.
        assert np.abs(np.subtract(found.shape, alone.shape)).max() <= 1


@pytest.mark.skipif(not FILMS.is_dir(), reason="the shared films are not here")
@pytest.mark.parametrize(
    ("number", "rows", "columns"),
    [
        (298, (250, 256), (250, 256)),  # white from the diaphragm on, a third of the film
        (702, (250, 256), (250, 256)),
        (395, (240, 256), (240, 256)),
        (752, (160, 175), (245, 256)),  # collimated above and below
        (240, (170, 185), (200, 215)),  # on all four sides
        (604, (178, 184), (203, 209)),  # black all around
    ],
)
def test_what_is_left_of_real_films(number: int, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """Looked at: bellies stay, what is behind a collimator goes."""
    grey = cv2.imread(str(FILMS / f"{number:06d}.png"), cv2.IMREAD_GRAYSCALE)
    height, width = without_margins(np.asarray(grey, np.uint8)).shape
    assert rows[0] <= height <= rows[1] and columns[0] <= width <= columns[1]


class TestRecipe:
    def test_margins_make_no_difference(self) -> None:
        plain, boxed = Film(film()), Film(framed(film(), (0, 0, 77, 99), 255))
        np.testing.assert_array_equal(PixelRecipe().pixels(boxed, 32), PixelRecipe().pixels(plain, 32))
        assert "margins cropped" in PixelRecipe().at_own_size(boxed).notes
        assert "margins cropped" not in PixelRecipe().at_own_size(plain).notes

    def test_unless_they_are_kept(self) -> None:
        boxed = Film(framed(film(), (0, 0, 77, 99), 255))
        kept = PixelRecipe(borders="keep").at_own_size(boxed)
        np.testing.assert_array_equal(kept.grey, boxed.grey)
        assert "margins cropped" not in kept.notes

    def test_contrast_is_evened_out_where_it_is_asked_for(self) -> None:
        dim = Film((film() // 8).astype(np.uint8))
        plain, evened = (PixelRecipe(clahe=clahe).pixels(dim, 64) for clahe in (False, True))
        assert evened.std() > 1.3 * plain.std()
        assert np.corrcoef(plain.ravel(), evened.ravel())[0, 1] > 0.8

    @pytest.mark.parametrize("value", [0, 128, 255])
    @pytest.mark.parametrize("noise", [0, 1])
    @pytest.mark.parametrize("recipe", [PixelRecipe(), PixelRecipe(borders="keep", clahe=True)])
    def test_blank_films_are_refused(self, recipe: PixelRecipe, value: int, noise: int) -> None:
        drawn = np.random.default_rng(0).integers(-noise, noise + 1, (300, 200)) + value
        with pytest.raises(UnreadableFilm, match="is blank"):
            recipe.pixels(Film(drawn.clip(0, 255).astype(np.uint8)), 32)

    def test_so_is_a_frame_around_nothing(self) -> None:
        with pytest.raises(UnreadableFilm, match="is blank"):
            PixelRecipe().pixels(Film(framed(np.full((90, 80), 200, np.uint8), (9, 9, 9, 9), 0)), 32)

    def test_a_marker_makes_no_film(self) -> None:
        ground = np.zeros((1000, 1000), np.uint8)
        ground[100:140, 100:140] = 255
        assert is_blank(ground)

    def test_a_film_of_low_contrast_is_none_of_them(self) -> None:
        assert not is_blank((film() // 16).astype(np.uint8))
