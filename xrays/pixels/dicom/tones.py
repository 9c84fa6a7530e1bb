"""From the values that a DICOM file stores to grey, bone white: every stored value has one tone.

    tones, notes = tones_of(values, counts, tags)       # (k,) uint8
    grey = tones[stored]

All steps are functions of a pixel's value alone, so they are done once for each value that a pixel can have (65,536
at most) and not for each pixel. The order is the standard's: rescale or Modality LUT, VOI LUT or window, scaled by
the ends of its own range, inverted for MONOCHROME1; padding is black at the end. Of a VOI LUT and windows the table
counts, of several windows the first one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.depth import CLIPPED, ends
from xrays.pixels.dicom.tables import table_of
from xrays.pixels.dicom.tags import numbers, text, whole, words

if TYPE_CHECKING:
    from pydicom import Dataset

FEWEST_TONES, MOST_AT_AN_END = 16, 0.95  # else a window has missed its film …
ENDS = (0.01, 0.99)  # … and these quantiles take its place
RULE = "VOI LUT, else the first window, else the film's own range"  # which of several, for whoever asks
MISSED = "a window that misses the film, replaced by the 1st to 99th percentile"

Whole: TypeAlias = NDArray[np.integer[Any]]
Real: TypeAlias = NDArray[np.float64]


def tones_of(values: Whole, counts: Real, tags: Dataset) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Grey (k,) of each value (k,) that a pixel can have, and what was done beyond the plain way. counts: (k,) pixels
    of each value."""
    padding = padding_among(values, tags)
    seen = np.where(padding, 0, counts)
    real = rescaled(values, tags)
    shares, notes = presented(real, tags)
    if shares is None:
        shares, notes = of_own_range(values, real, seen, whole(tags, "BitsStored", 8 * values.itemsize))
    elif missed(shares, seen):
        shares, notes = between(real, *quantiles(real, seen)), (*notes, MISSED)
    if text(tags, "PhotometricInterpretation") == "MONOCHROME1":  # a PresentationLUTShape INVERSE says it once more
        shares = 1 - shares
        notes = (*notes, "MONOCHROME1, inverted")
    return np.where(padding, 0, as_grey(shares)).astype(np.uint8), notes


def padding_among(values: Whole, tags: Dataset) -> NDArray[np.bool_]:
    """Which of the values (k,), as stored, stand for what no detector has seen: PixelPaddingValue, and with a
    PixelPaddingRangeLimit all between the two."""
    first, last = (words(tags, f"PixelPadding{word}")[:1] for word in ("Value", "RangeLimit"))
    if not first:
        return np.zeros(len(values), np.bool_)
    ends = [end - 2**16 if _signed(values) and end >= 2**15 else end for end in first + last]
    return (values >= min(ends)) & (values <= max(ends))


def rescaled(values: Whole, tags: Dataset) -> Real:
    """Values (k,) by the Modality LUT, else by slope and intercept. A slope of 0 is none."""
    table = table_of(tags, "ModalityLUTSequence", signed=_signed(values))
    if table is not None:
        return table.mapped(values)
    slope, *_ = numbers(tags, "RescaleSlope") or (1.0,)
    intercept, *_ = numbers(tags, "RescaleIntercept") or (0.0,)
    return values.astype(np.float64) * (slope or 1.0) + intercept


def presented(real: Real, tags: Dataset) -> tuple[Real | None, tuple[str, ...]]:
    """Rescaled values (k,) by the VOI LUT, else by the first window, from 0 to 1 of the range that these end in: None
    where there is neither, or none that means anything. With it what was chosen from."""
    windows = list(zip(numbers(tags, "WindowCenter"), numbers(tags, "WindowWidth"), strict=False))
    table = table_of(tags, "VOILUTSequence", signed=bool(real.min() < 0))
    if table is not None:
        return table.mapped(real) / table.top, ("a VOI LUT before a window",) if windows else ()
    for centre, width in windows[:1]:
        shares = windowed(real, centre, width, text(tags, "VOILUTFunction").upper())
        return shares, ("the first of several windows",) if len(windows) > 1 else ()
    return None, ()


def windowed(real: Real, centre: float, width: float, function: str = "") -> Real | None:
    """A window as PS3.3 C.11.2.1.2 and C.11.2.1.3 define it, from 0 to 1: LINEAR (also without a name), LINEAR_EXACT,
    SIGMOID. None for another function, and for a width that the function does not take."""
    match function or "LINEAR":
        case "LINEAR" if width >= 1:
            return between(real, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
        case "LINEAR_EXACT" if width > 0:
            return between(real, centre - width / 2, centre + width / 2)
        case "SIGMOID" if width > 0:
            return np.asarray(1 / (1 + np.exp(np.clip(-4 * (real - centre) / width, -700, 700))))
    return None


def between(real: Real, low: float, high: float) -> Real:
    """Where each value lies from `low`, 0, to `high`, 1. Where these are one value, what is above it is 1."""
    if high <= low:
        return (real > low).astype(np.float64)
    return np.clip((real - low) / (high - low), 0, 1)


def of_own_range(values: Whole, real: Real, seen: Real, bits: int) -> tuple[Real, tuple[str, ...]]:
    """Of a film without window and table, from 0 to 1, as a PNG of it would be read: up to 8 bits as they are, more
    by xrays/pixels/depth.py. bits: BitsStored. The others: (k,), see tones_of."""
    low = -(2 ** (bits - 1)) if _signed(values) else 0
    room = np.unique(real[(values >= low) & (values < low + 2**bits)])
    if bits <= 8:
        return between(real, float(room[0]), float(room[-1])), ()
    # Back to whole numbers from 0 on, whatever the slope is.
    steps = np.rint((real - room[0]) / np.diff(room).min(initial=np.inf))
    present, place = np.unique(steps[seen > 0], return_inverse=True)
    if not len(present):
        return np.zeros(len(real)), ()
    lowest, highest = ends(present.astype(np.int64), np.bincount(place, seen[seen > 0]).astype(np.float64))
    if lowest >= highest:
        return np.zeros(len(real)), ()
    return between(steps, lowest, highest), (CLIPPED,) if present[0] < lowest or highest < present[-1] else ()


def missed(shares: Real, seen: Real) -> bool:
    """Whether a film shows nothing: hardly any tones are left, or nearly all pixels lie at one end. seen: (k,) pixels
    of each value."""
    grey, pixels = as_grey(shares), max(float(seen.sum()), 1)
    at_an_end = max(float(seen[grey == end].sum()) for end in (0, 255))
    return len(np.unique(grey[seen > 0])) < FEWEST_TONES or at_an_end > MOST_AT_AN_END * pixels


def quantiles(real: Real, seen: Real) -> tuple[float, float]:
    """The 1st and the 99th percentile of the pixels. real: (k,) values; seen: (k,) pixels of each."""
    order = np.argsort(real, kind="stable")
    upto = np.cumsum(seen[order])
    low, high = (real[order[min(np.searchsorted(upto, share * upto[-1]), len(order) - 1)]] for share in ENDS)
    return float(low), float(high)


def as_grey(shares: Real) -> NDArray[np.uint8]:
    """From 0 to 1 to the nearest of 256 tones."""
    return np.rint(255 * shares).astype(np.uint8)


def _signed(values: Whole) -> bool:
    return bool(np.issubdtype(values.dtype, np.signedinteger))
