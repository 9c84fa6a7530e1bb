"""From 16 bits to 8, for films that come without a window: by the values that the film itself has.

grey, clipped = eight_bits(film)        # (H, W) uint8, whether some values were too far from the others

A detector gives 10 to 16 bits, with or without an offset, and files hold single hot pixels, markers that are burnt in
at the very end, and padding that is no part of the film. Its ends say nothing then; the bulk of its pixels does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What 8 bits are multiplied by to fill 8 (as they are), 10, 12, 14 and 16 bits: shifted, or up to the highest value.
UNITS = (1, 4, 1023 / 255, 16, 4095 / 255, 64, 16383 / 255, 256, 65535 / 255)
BULK = (0.02, 0.98)  # a marker of 1 % of the film lies outside of it
REACH = 1.0  # how far beyond the bulk, in its own widths, pixels still belong to the film
FEW, APART = 2**18, 4  # pixels that are all looked at; of more every fourth in both directions
CLIPPED = "values far from all others clipped"  # a film's note
NARROW, SHARE = 4, 0.01  # a bulk of fewer values, or of a smaller share of its height, is one value and noise


def eight_bits(film: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], bool]:
    """(H, W): a film of 8 bits that was spread over more comes back as it was; any other from its lowest to its
    highest value, without those that lie apart: they become black and white. A film of one value is black."""
    import cv2

    least, most = (int(value) for value in cv2.minMaxLoc(film)[:2])
    some = film[::APART, ::APART] if film.size > FEW else film
    # A film that goes from its lowest to its highest value by every sixteenth pixel does so by all of them.
    if _ends_of(some, least, most) == (least, most) and least < most:
        return _scaled(film, least, most), False
    lowest, highest = _ends_of(film, least, most)
    if lowest >= highest:
        return np.zeros(film.shape, np.uint8), False
    return _scaled(film, lowest, highest), least < lowest or highest < most


def _ends_of(film: NDArray[np.uint16], least: int, most: int) -> tuple[int, int]:
    counts = np.bincount(film.ravel(), minlength=most + 1)
    counts[[least, most]] += 1  # where they are between those that are looked at
    values = np.flatnonzero(counts)
    return ends(values, counts[values].astype(np.float64))


def ends(values: NDArray[np.int64], counts: NDArray[np.float64]) -> tuple[int, int]:
    """The values of black and white, equal for a film of one value. values: (k,) those that the film has, ascending;
    counts: (k,) pixels of each."""
    if len(values) == 1:
        return int(values[0]), int(values[0])
    for unit in UNITS if len(values) <= 256 else ():
        if values[0] >= 0 and values[-1] <= 255 * unit and _all_are_multiples(values, unit):
            return 0, round(255 * unit)
    # Padding and saturation are no part of the bulk, however many pixels they have.
    inner = slice(1, -1) if len(values) > 3 else slice(None)
    shares = np.cumsum(counts[inner]) / counts[inner].sum()
    low, high = (int(values[inner][np.searchsorted(shares, share)]) for share in BULK)
    if high - low < max(NARROW, SHARE * high):
        return low, low
    reach = REACH * (high - low)
    near = values[(low - reach <= values) & (values <= high + reach)]
    return int(near[0]), int(near[-1])


def _all_are_multiples(values: NDArray[np.int64], unit: float) -> bool:
    """Rounded up, down or to the nearest, where the unit is no whole number."""
    return bool((np.abs(values - np.rint(values / unit) * unit) < 1).all())


def _scaled(film: NDArray[np.uint16], lowest: int, highest: int) -> NDArray[np.uint8]:
    """Rounded, `lowest` and all below it at 0, `highest` and all above it at 255."""
    import cv2

    above = cv2.subtract(film, np.full(1, lowest, np.float64)) if lowest else film  # stops at 0
    return np.asarray(cv2.convertScaleAbs(above, alpha=255 / (highest - lowest)), np.uint8)
