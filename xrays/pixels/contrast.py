"""Contrast evened out over the film, as many viewers do it; an option, since no evidence says that it helps a model.

evened(grey)            # (H, W) uint8
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIMIT, TILES = 2.0, 8  # how steep it may become, and tiles a side: what is usual for chest films


def evened(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) by contrast-limited adaptive histogram equalisation (Zuiderveld, Graphics Gems IV, 1994)."""
    import cv2

    return np.asarray(cv2.createCLAHE(LIMIT, (TILES, TILES)).apply(grey), np.uint8)
