"""Maps laid over films in two colours.

overlay(film, normalise(map_, size))           # (s, s, 3) uint8
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xrays.pictures import png

SIDE, SIDE_OF_MEANS = 96, 64  # px of a picture: with all of them a report grows by less than 600 kB
RAISES, LOWERS = (213, 94, 0), (31, 131, 191)  # the report's orange and blue: apart for the colour-blind, too
Drawing = Callable[[], bytes]  # makes a PNG when it is wanted
STRONGEST = 0.65  # how much of a film the strongest colour covers


def normalise(map_: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """(h, w) to (size, size) between -1 and 1, by the largest value of either sign. A blank map stays zeros."""
    import cv2

    large = cv2.resize(np.asarray(map_, np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    most = float(np.abs(large).max())
    return np.asarray(large / most if np.isfinite(most) and most > 0 else np.zeros_like(large), np.float32)


def overlay(film: NDArray[np.uint8], map_: NDArray[np.float32]) -> NDArray[np.uint8]:
    """film: (s, s) as it is read; map_: any (h, w) in -1…1. Orange where it raises the answer, blue where it lowers
    it, the clearer the more. Returns (s, s, 3) uint8."""
    import cv2

    large = cv2.resize(map_, film.shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    colour = np.where(large > 0, np.array(RAISES), np.array(LOWERS))
    cover = STRONGEST * np.abs(large)
    return np.asarray((film[..., None] * (1 - cover) + colour * cover).round(), np.uint8)


def overlay_png(film: NDArray[np.uint8], map_: NDArray[np.float32]) -> bytes:
    """`overlay` as the bytes of a PNG file."""
    return png(overlay(film, map_))
