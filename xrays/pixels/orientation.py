"""The orientation that a file says its picture must be turned by, as EXIF has it: a phone's picture of a film.

    upright(grey, orientation_of(exif))

Values of 1 to 8 by EXIF 2.32, tag 0x0112. A TIFF's own tag is obeyed by OpenCV, whatever it is asked to do.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.tiff import short_of

TAG = 0x0112

TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda grey: np.rot90(grey, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda grey: np.rot90(grey, -1),
    7: lambda grey: np.rot90(grey, 2).T,
    8: np.rot90,
}


def upright(grey: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """(H, W) turned or mirrored; left as it is for 1 and for values that do not exist."""
    return np.ascontiguousarray(TURNS.get(orientation, np.asarray)(grey))


def orientation_of(exif: bytes) -> int:
    """Of an EXIF block from its byte order on; 1, as it stands, where it says nothing that can be read."""
    said = short_of(exif, TAG)
    return said if said in TURNS else 1
