"""Pictures of maps: films as radiologists see them, maps laid over them in two colours, means by age and gender.

overlay(film, normalised(map_, size))           # (s, s, 3) uint8
png(overlay(…))                                 # bytes
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE, SIDE_OF_MEANS = 96, 64  # px of a picture: with all of them a report grows by less than 600 kB
RAISES, LOWERS = (213, 94, 0), (31, 131, 191)  # the report's orange and blue: apart for the colour-blind, too
STRONGEST = 0.65  # how much of a film the strongest colour covers


def normalised(map_: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """(h, w) to (size, size) between -1 and 1, by the largest value of either sign. A blank map stays zeros."""
    import cv2

    large = cv2.resize(np.asarray(map_, np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    most = float(np.abs(large).max())
    return np.asarray(large / most if np.isfinite(most) and most > 0 else np.zeros_like(large), np.float32)


def as_read(film: NDArray[Any], most: int = SIDE) -> NDArray[np.uint8]:
    """(S, S, 1) inverted to a picture (s, s) of at most `most` px, bones white."""
    import cv2

    seen = 255 - np.asarray(film, np.float32)[..., 0]
    side = min(most, len(seen))
    return np.asarray(cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA).round().clip(0, 255), np.uint8)


def overlay(film: NDArray[np.uint8], map_: NDArray[np.float32]) -> NDArray[np.uint8]:
    """film: (s, s) as it is read; map_: any (h, w) in -1…1. Orange where it raises the answer, blue where it lowers
    it, the clearer the more."""
    import cv2

    large = cv2.resize(map_, film.shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]
    colour = np.where(large > 0, np.array(RAISES), np.array(LOWERS))
    cover = STRONGEST * np.abs(large)
    return np.asarray((film[..., None] * (1 - cover) + colour * cover).round(), np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    """(h, w) grey or (h, w, 3) red, green, blue."""
    import cv2

    done, content = cv2.imencode(".png", picture[..., ::-1] if picture.ndim == 3 else picture)
    if not done:
        raise ValueError(f"no PNG of a picture of shape {picture.shape}")
    return content.tobytes()
