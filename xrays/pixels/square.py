"""From a film at its own size to the square that a model sees: padded with black, inverted, resized.

pixels = square(film.grey, size=128)        # (128, 128) uint8, inverted
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.film import LONGEST, THINNEST, UnreadableFilm, in_memory


@in_memory()
def square(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pads (H, W) to a square with black, centred, inverts (255 - pixel), resizes to (size, size) by area. Raises
    UnreadableFilm for one that is too thin or too large, before it takes memory."""
    import cv2

    height, width = grey.shape
    side = max(height, width)
    if side > THINNEST * min(height, width):
        raise UnreadableFilm(f"is {width:,} × {height:,} px: one side more than {THINNEST} times the other")
    if side > LONGEST:
        raise UnreadableFilm(f"is {width:,} × {height:,} px: more than {LONGEST:,} px a side")
    top, left = (side - height) // 2, (side - width) // 2
    padded = np.zeros((side, side), np.uint8)
    padded[top : top + height, left : left + width] = grey
    return np.asarray(cv2.resize(255 - padded, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
