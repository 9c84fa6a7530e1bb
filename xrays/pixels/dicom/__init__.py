"""Films from DICOM files: the steps from the stored values to grey as a PNG of the film would have it, bone white.

    film = read_dicom(Path("IM0001"))           # Film: grey (height, width) uint8, notes

Read, refused by name (refusals.py), decoded (stored.py), given their tones (tones.py). The file's tags are read by
opened.py and tags.py, which let no odd value through.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.dicom.opened import tags_of
from xrays.pixels.dicom.refusals import unfit, unusable
from xrays.pixels.dicom.stored import stored_values
from xrays.pixels.dicom.tones import tones_of
from xrays.pixels.film import Film, UnreadableFilm, in_memory


@in_memory()
def read_dicom(path: Path) -> Film:
    """Raises UnreadableFilm; what is no frontal film of a chest is unfit."""
    tags = tags_of(path)
    reasons = tuple(reason for reason in [unfit(tags)] if reason)
    if cannot := unusable(tags):
        raise UnreadableFilm(reasons[0].words if reasons else cannot)
    stored = stored_values(tags, path)
    # The bits of a value, without its sign, are its place among all values of its type.
    places = np.ascontiguousarray(stored).view(f"u{stored.itemsize}")
    values = np.arange(2 ** (8 * stored.itemsize), dtype=places.dtype).view(stored.dtype)
    tones, notes = tones_of(values, _counts(places), tags)
    if np.array_equal(tones, values):
        return Film(places, notes, reasons)
    return Film(np.take(tones, places), notes, reasons)


def _counts(places: NDArray[np.unsignedinteger[Any]]) -> NDArray[np.float64]:
    """How many pixels have each value."""
    import cv2

    room = 2 ** (8 * places.itemsize)
    return np.asarray(cv2.calcHist([places], [0], None, [room], [0, room]), np.float64).ravel()
