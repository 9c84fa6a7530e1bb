"""Whether a film is a negative, bones black: judged film by film, by how it agrees with the mean chest film.

    content, negative = content_of(grey)        # the film without its margins, and whether it is a negative
    agreement(content)                          # -1 … 1, 0 for what is no chest

Air around the patient and lungs are dark, mediastinum and abdomen light: of all that tells a film from its negative
(its border against its centre finds four of five) the whole picture is the surest, and it is nearly the same for all
chests seen from the front. Lateral films agree with it less, and other films not at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.blank import grid_of
from xrays.pixels.margins import without_margins

# The left half of the mean of 760 frontal films of 532 patients (NIH ChestX-ray14, Wang et al., CVPR 2017), without
# margins, each with mean 0 and deviation 1, in fiftieths; the halves are alike on average: which side is which has
# nothing to do with it.
HALF = np.array([
    [-132, -128, -124, -118, -99, -58, -9, 20],
    [-104, -86, -77, -71, -60, -36, -6, 15],
    [-59, -35, -25, -24, -26, -27, -13, 9],
    [-21, 0, 5, -5, -24, -35, -23, 5],
    [-1, 14, 14, -5, -36, -49, -30, 7],
    [5, 17, 16, -9, -43, -55, -29, 14],
    [2, 14, 15, -12, -44, -49, -18, 24],
    [-8, 7, 13, -12, -39, -36, -1, 36],
    [-19, 1, 11, -10, -28, -18, 16, 48],
    [-28, -3, 10, -3, -11, 3, 32, 58],
    [-37, -7, 12, 8, 9, 24, 46, 67],
    [-47, -12, 15, 24, 32, 45, 60, 75],
    [-57, -18, 20, 40, 52, 63, 73, 83],
    [-66, -22, 25, 51, 66, 76, 83, 90],
    [-71, -24, 28, 59, 76, 85, 91, 96],
    [-70, -21, 33, 64, 81, 90, 96, 100],
], np.float32)  # fmt: skip
CHEST = np.hstack([HALF, HALF[:, ::-1]])
NEGATIVE = -0.15  # noise comes as far once in a hundred times, and so does one chest in two hundred


def content_of(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
    """(h, w) of (H, W) without its margins, and whether it is a negative. The margins of a negative are those of the
    film that it should be: black fades away where white does not."""
    content = without_margins(grey)
    if not is_negative(content):
        return content, False
    return np.asarray(255 - without_margins(np.asarray(255 - grey, np.uint8)), np.uint8), True


def is_negative(grey: NDArray[np.uint8]) -> bool:
    """Of a film without its margins, (H, W)."""
    return agreement(grey) < NEGATIVE


def agreement(grey: NDArray[np.uint8]) -> float:
    """Correlation of (H, W) with the mean chest film, both on 16 × 16 places."""
    import cv2

    small = cv2.resize(grid_of(grey), CHEST.shape, interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    chest = CHEST - CHEST.mean()
    size = float(np.linalg.norm(small) * np.linalg.norm(chest))
    return float((small * chest).sum()) / size if size else 0.0
