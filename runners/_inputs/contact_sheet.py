"""What augmentation does to one's own films, on one picture: a change that hides what a label is read from is seen
there sooner than in a score.

png(contact_sheet(XrayArrays.open(Path("data/nih64"))))
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from search_spaces._augment import VIEWS, AugmentRecipe, recipe_of
from search_spaces._operations import OPERATIONS
from xrays.arrays import XrayArrays

COLUMNS = 8
SMALLEST, LARGEST = 128, 256  # px that a film is shown at; 21 rows of larger ones fill no screen and much memory
LABEL, GAP = 208, 4  # px
GROUND, INK = 24, 235  # grey values


def contact_sheet(arrays: XrayArrays, seed: int = 0) -> NDArray[np.uint8]:
    """(h, w) grey: eight films (or all, if fewer) as columns and what is done to them as rows.

    The same films for the same data; the changes depend on `seed`. Bones are bright, as on a light box. Loads a
    backend.
    """
    chosen = np.unique(np.linspace(0, len(arrays.images) - 1, COLUMNS).round().astype(int))
    films = arrays.images[chosen].astype(np.float32) / 255
    side = _shown_side(arrays.size)
    rows = [
        _row(label, [_shown(film, side) for film in _augmented(films, recipe, seed)])
        for label, recipe in recipes().items()
    ]
    return np.concatenate([_header(arrays, rows[0].shape[1]), *rows])


def recipes() -> dict[str, AugmentRecipe]:
    """The rows of the sheet from top to bottom, by their labels."""
    rows = {"as it is": AugmentRecipe()}
    for name, row in OPERATIONS.items():
        if row.strength:
            rows |= {f"{name} {strength}": recipe_of("combined", (name,), strength) for strength in (0.5, 1.0)}
        else:
            rows[name] = recipe_of("combined", (name,), 1.0)
    return rows | {
        "all at once 0.5": recipe_of("combined", OPERATIONS, 0.5),
        "one at a time 1.0": recipe_of("one", OPERATIONS, 1.0),
        "views: standard": VIEWS["standard"].augment,
    }


def _augmented(films: NDArray[np.float32], recipe: AugmentRecipe, seed: int) -> NDArray[np.float32]:
    import keras

    from search_spaces._augment_layers import augment

    inputs = keras.Input(films.shape[1:])
    model = keras.Model(inputs, augment(inputs, recipe, seed))
    return np.asarray(model(films, training=True))


def _shown_side(size: int) -> int:
    """A whole multiple for small films, so that their pixels are seen as they are."""
    return size * math.ceil(SMALLEST / size) if size < SMALLEST else min(size, LARGEST)


def _shown(film: NDArray[np.float32], side: int) -> NDArray[np.uint8]:
    import cv2

    grey = np.round(255 * (1 - film[..., 0])).astype(np.uint8)
    how = cv2.INTER_AREA if side < len(grey) else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(grey, (side, side), interpolation=how))


def _row(label: str, films: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    side = len(films[0])
    row = np.full((side + GAP, LABEL + len(films) * (side + GAP)), GROUND, np.uint8)
    _write(row, label, 8, side // 2 + 5)
    for column, film in enumerate(films):
        left = LABEL + column * (side + GAP)
        row[:side, left : left + side] = film
    return row


def _header(arrays: XrayArrays, width: int) -> NDArray[np.uint8]:
    lines = [f"{arrays.name}, {arrays.size} px", *(["SYNTHETIC: no real patients"] if arrays.synthetic else [])]
    header = np.full((12 + 24 * len(lines), width), GROUND, np.uint8)
    for line, text in enumerate(lines):
        _write(header, text, 8, 24 * (line + 1))
    return header


def _write(picture: NDArray[np.uint8], text: str, x: int, y: int) -> None:
    import cv2

    cv2.putText(picture, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
