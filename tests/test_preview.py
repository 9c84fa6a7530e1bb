"""The contact sheet of augmentation: which films, which rows, and that synthetic films are said to be synthetic."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from runners._inputs.contact_sheet import contact_sheet, recipes
from search_spaces._augment import VIEWS
from search_spaces._operations import OPERATIONS
from xrays.arrays import XrayArrays

SIDE, LABEL, GAP = 128, 208, 4  # films of 32 px are shown four times as large


@pytest.fixture(scope="module")
def sheet(prepared: XrayArrays) -> NDArray[np.uint8]:
    return contact_sheet(prepared)


def cell(sheet: NDArray[np.uint8], row: int, column: int) -> NDArray[np.uint8]:
    top = len(sheet) - (len(recipes()) - row) * (SIDE + GAP)
    left = LABEL + column * (SIDE + GAP)
    return sheet[top : top + SIDE, left : left + SIDE]


def says(picture: NDArray[np.uint8], text: str) -> bool:
    """Whether the text stands somewhere on the picture."""
    stamp = np.full((20, 12 * len(text)), 24, np.uint8)
    cv2.putText(stamp, text, (2, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 235, 1, cv2.LINE_AA)
    found = np.nonzero(stamp > 24)
    stamp = stamp[found[0].min() : found[0].max() + 1, found[1].min() : found[1].max() + 1]
    return float(cv2.matchTemplate(picture, stamp, cv2.TM_CCOEFF_NORMED).max()) > 0.95


def test_rows_show_every_operation_alone_and_together() -> None:
    rows = {label: recipe.active() for label, recipe in recipes().items()}
    assert next(iter(rows.values())) == {"mode": "none"}
    for name, row in OPERATIONS.items():
        if row.strength:
            for strength in (0.5, 1.0):
                assert {"mode": "combined", name: True, row.strength: strength} in rows.values()
        else:
            assert {"mode": "combined", name: True} in rows.values()
    together = [row for row in rows.values() if set(OPERATIONS) <= set(row)]
    assert {str(row["mode"]) for row in together} == {"combined", "one"}
    assert VIEWS["standard"].augment.active() in rows.values()


def test_the_first_row_shows_eight_films_as_they_are_bones_bright(
    sheet: NDArray[np.uint8], prepared: XrayArrays
) -> None:
    assert sheet.shape[1] == LABEL + 8 * (SIDE + GAP) and sheet.dtype == np.uint8
    rows = [0, 8, 17, 25, 34, 42, 51, 59]  # of the 60 films
    for column, film in enumerate(prepared.images[rows]):
        shown = cell(sheet, 0, column)
        assert np.array_equal(shown[2::4, 2::4], 255 - film[..., 0])


def test_every_other_row_changes_films(sheet: NDArray[np.uint8]) -> None:
    for row in range(1, len(recipes())):
        same = [np.array_equal(cell(sheet, row, column), cell(sheet, 0, column)) for column in range(8)]
        assert sum(same) < 8, list(recipes())[row]


def test_each_row_has_its_label_at_its_left(sheet: NDArray[np.uint8]) -> None:
    top = len(sheet) - len(recipes()) * (SIDE + GAP)
    for row, label in enumerate(recipes()):
        assert says(sheet[top + row * (SIDE + GAP) :][:SIDE, :LABEL], label), label


def test_synthetic_films_are_said_to_be_synthetic(sheet: NDArray[np.uint8], prepared: XrayArrays) -> None:
    assert prepared.synthetic and says(sheet[:80], "SYNTHETIC")
    real = replace(prepared, meta={**prepared.meta, "synthetic": False})
    assert not says(contact_sheet(real)[:80], "SYNTHETIC")


def test_the_seed_decides_and_a_small_set_is_shown_whole(prepared: XrayArrays) -> None:
    few = replace(prepared, images=prepared.images[:3])
    first, same, other = (contact_sheet(few, seed) for seed in (1, 1, 2))
    assert first.shape[1] == LABEL + 3 * (SIDE + GAP)
    assert np.array_equal(first, same) and not np.array_equal(first, other)
    assert np.array_equal(cell(first, 0, 2), cell(other, 0, 2)), "the films are the same"


@pytest.mark.parametrize(("size", "side"), [(48, 144), (128, 128), (200, 200), (320, 256)])
def test_films_of_any_size_are_shown_large_enough_and_not_too_large(
    prepared: XrayArrays, size: int, side: int
) -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, size, size, 1), dtype=np.uint8)
    given = replace(prepared, images=images)
    assert contact_sheet(given).shape[1] == LABEL + side + GAP
