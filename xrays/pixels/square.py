"""From a film at its own size to the square that a model sees: padded with black, inverted, resized.

pixels = square(film.grey, size=128)        # (128, 128) uint8, inverted
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.film import check_shape, in_memory


@in_memory()
def square(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pads (H, W) to a square with black, centred, resizes to (size, size) by area, inverts (255 - pixel). Raises
    UnreadableFilm for one that is too thin or too large, before it takes memory."""
    import cv2

    check_shape(grey.shape, grey.shape)
    height, width = grey.shape
    side = max(height, width)
    # A thin film is never padded to a square at its own size, which takes up to ten times its memory: what is
    # resized has just so much padding that it fills whole pixels of the result, as many on both sides of the middle.
    inner, outer = zip(*(_extent(each, side, size) for each in (height, width)), strict=True)
    (top, left), (rows, columns) = (
        ((whole - own) // 2 for own, whole in zip((height, width), outer, strict=True)),
        inner,
    )
    padded = grey
    if outer != (height, width):
        padded = np.zeros(outer, np.uint8)
        padded[top : top + height, left : left + width] = grey
    small = cv2.resize(padded, (columns, rows), interpolation=cv2.INTER_AREA)
    pixels = np.full((size, size), 255, np.uint8)
    top, left = (size - rows) // 2, (size - columns) // 2
    pixels[top : top + rows, left : left + columns] = 255 - small
    return pixels


def _extent(own: int, side: int, size: int) -> tuple[int, int]:
    """Of one of a film's two sides: pixels that it has in the result, and what it is padded to for it."""
    if side <= 2 * own:
        return size, side
    fewest = -(-own * size // side)
    inner = fewest + (size - fewest) % 2
    return inner, max(own, round(inner * side / size))
