"""What `prepare` notes of every film while it has it decoded, so that the audit need not open a file again.

facts = facts_of(film.grey, size_in_bytes)          # Facts(bytes=…, width=1024, …, hash="3f0c…")
facts_table([facts, …], notes).to_csv("facts.csv")  # one row a film
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.pixels.polarity import content_of

LOOKED_AT = 192  # px of the longer side on which everything but the size is measured
RING = 1 / 16  # of a side: how wide the border is
WAVES = 16  # per side, of which the hash keeps the signs
FAINT = 12.0  # grey levels of contrast, below which hardly anything is on a film: a chest has 40 to 70
FEWEST = 50  # films of which is told what is usual
FLAT = 1.0  # grey levels: a film whose pixels differ by less has no structure to be known by


@dataclass(frozen=True)
class Facts:
    """Of one film as its file has it, bones white. bytes: of the file. width, height: px. mean, contrast: of the grey
    levels 0…255, and their standard deviation. sharpness: how much neighbouring pixels differ, as a share of the
    contrast. border, centre: mean of the outer ring, and of the middle quarter. margins: share of the area that is no
    part of the film (xrays/pixels/margins.py). hash: see `perceptual_hash`, of the film without its margins. whole:
    of the film with them, by which a copy is known whose margins are found elsewhere; "" where there are none, or so
    wide that they are what it would be of."""

    bytes: int
    width: int
    height: int
    mean: float
    contrast: float
    sharpness: float
    border: float
    centre: float
    margins: float
    hash: str
    whole: str


COLUMNS = tuple(field.name for field in fields(Facts))


def facts_of(grey: NDArray[np.uint8], size: int, content: NDArray[np.uint8] | None = None) -> Facts:
    """grey: (H, W) of the film. size: bytes of its file. content: the film without its margins, None where somebody
    has still to look for them."""
    import cv2

    content = content_of(grey)[0] if content is None else content

    height, width = grey.shape
    small = _shrunk(grey)
    rows, columns = small.shape
    mean, contrast = (float(part[0, 0]) for part in cv2.meanStdDev(small))
    edges = float(cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))[1][0, 0])
    high, wide = (max(1, round(side * RING)) for side in small.shape)
    inside = small[high:-high, wide:-wide]
    ring = (mean * small.size - float(inside.sum())) / (small.size - inside.size)
    middle = small[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    return Facts(
        size,
        width,
        height,
        round(mean, 3),
        round(contrast, 3),
        round(edges / max(contrast, FLAT), 4),
        round(ring, 3),
        round(float(middle.mean()), 3),
        round(1 - content.size / grey.size, 4),
        _signs(small if content.shape == grey.shape else _shrunk(content)),
        _signs(small) if grey.size / 2 < content.size < grey.size else "",
    )


def perceptual_hash(film: NDArray[np.uint8]) -> str:
    """64 hexadecimal digits that hardly change when a film (H, W) is scaled, compressed or made brighter, and turn
    into their complement when it is inverted; "" for a film without structure.

    The signs of the lowest WAVES × WAVES terms of the film's cosine transform, without the first, which is its
    brightness (Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010: DCT hash).
    """
    return _signs(_shrunk(film))


def _signs(shrunk: NDArray[np.uint8]) -> str:
    import cv2

    side = 4 * WAVES
    small = cv2.resize(shrunk, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    if small.std() < FLAT:
        return ""
    waves = cv2.dct(small)[:WAVES, :WAVES].ravel()
    waves[0] = 0
    return np.packbits(waves > 0).tobytes().hex()


def facts_table(facts: Sequence[Facts], notes: Sequence[Sequence[str]]) -> pd.DataFrame:
    """One row a film, with what was done to it beyond the plain way."""
    table = pd.DataFrame([asdict(one) for one in facts], columns=list(COLUMNS))
    return table.assign(notes=["; ".join(of_film) for of_film in notes])


def properties(facts: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Name -> (N,) what pictures are compared by. facts: see `facts_table`."""
    shape = facts["width"].to_numpy(np.float64) / facts["height"].to_numpy(np.float64)
    measured = {"brightness": "mean", "contrast": "contrast", "sharpness": "sharpness"}
    return {**{name: facts[of].to_numpy(np.float64) for name, of in measured.items()}, "width by height": shape}


def usual_ranges(facts: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Property -> between which the films lie but those far out, which are beyond the middle half by more than three
    times its width (Tukey, Exploratory Data Analysis, 1977). Without those that half of the films have in common to
    the last digit, where what differs need not be odd; none for fewer than FEWEST films. facts: see `facts_table`."""
    if len(facts) < FEWEST:
        return {}
    found = {}
    for name, values in properties(facts).items():
        first, third = (float(quartile) for quartile in np.quantile(values, [0.25, 0.75]))
        if first < third:
            found[name] = (max(first - 3 * (third - first), 0.0), third + 3 * (third - first))
    return found


def far_out(facts: Facts, ranges: Mapping[str, Sequence[float]]) -> list[str]:
    """In words, what of a film lies outside of the ranges of other films: `brightness 12, usual are 60 to 210`."""
    return [
        f"{name} {value:.3g}, usual are {low:.3g} to {high:.3g}"
        for name, values in properties(facts_table([facts], [()])).items()
        if name in ranges
        for value, (low, high) in [(float(values[0]), ranges[name])]
        if not low <= value <= high
    ]


def _shrunk(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most LOOKED_AT px a side, of the same shape."""
    import cv2

    # Halved as long as that goes, which takes a tenth of the time; what it leaves over at two sides is no structure.
    whole = film
    while max(whole.shape) >= 2 * LOOKED_AT and min(whole.shape) > 1:
        rows, columns = (side // 2 for side in whole.shape)
        half = cv2.resize(whole[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
        whole = np.asarray(half, np.uint8)
    scale = LOOKED_AT / max(whole.shape)
    if scale >= 1:
        return np.asarray(whole, np.uint8)
    height, width = (max(1, round(side * scale)) for side in whole.shape)
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
