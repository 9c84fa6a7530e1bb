"""A film without its border, and without the marks near it; beside each, one that has lost as much elsewhere.

    versions(film, rng)            # (7, S, S, 1): the film as VERSIONS say, in their order

    plain      as it is
    border     the outer tenth on each side blank
    inside     as many pixels blank inside of that, in random places, several times
    marks      bright spots near the border, such as letters, painted over
    mirrored   the same places on the other side of the film painted over

What is blank takes the median of what is left of the film, so that nothing of what it was shows. A network meets
such films for the first time and answers worse for that alone: hence the control after each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runners._explain.numbers import BORDER

Film = NDArray[np.uint8]
Mask = NDArray[np.bool_]

VERSIONS = ("plain", "border", "inside", "inside", "inside", "marks", "mirrored")
# Of a mark, on 760 films at 64 px, on which these find two thirds and next to nothing else.
BAND = 0.2  # of a film's side: marks lie so near to the border
LARGEST = 1 / 9  # of a film's side: what is longer is an edge or a bone
PEAK, FOOT = 60, 30  # grey levels above what surrounds it: somewhere in it, and everywhere
AROUND = 1 / 64  # of a film's side: as far as it is blurred by shrinking


def versions(film: Film, rng: np.random.Generator) -> Film:
    """film: (S, S, 1) inverted; rng: of the places inside. Returns (len(VERSIONS), S, S, 1)."""
    grey, size = film[..., 0], len(film)
    spots = marks(grey)
    made = [
        grey,
        _blank(grey, border(size)),
        *(_blank(grey, inside(size, rng)) for _ in range(VERSIONS.count("inside"))),
        _painted_over(grey, spots),
        _painted_over(grey, spots[:, ::-1] & ~spots),
    ]
    return np.stack(made)[..., None]


def border(size: int) -> Mask:
    """(S, S) whether a pixel is on the border: at least one is on each side."""
    width, ring = _width(size), np.ones((size, size), np.bool_)
    ring[width:-width, width:-width] = False
    return ring


def inside(size: int, rng: np.random.Generator) -> Mask:
    """(S, S) as many pixels as the border has, none of them on it, in random squares that are as wide as it."""
    ring, places = border(size), np.arange(size) // _width(size)
    squares = places[:, None] * (places[-1] + 1) + places
    order = rng.permutation(squares.max() + 1)[squares]
    order[ring] = squares.size
    mask = np.zeros(squares.size, np.bool_)
    mask[np.argsort(order.ravel(), kind="stable")[: ring.sum()]] = True
    return mask.reshape(ring.shape)


def marks(film: Film) -> Mask:
    """(S, S) of an inverted film: where small spots near the border are much brighter, as the film is read, than all
    around them. Letters and markers of lead are, and so is now and then the end of a bone."""
    import cv2

    size, found = len(film), np.zeros(film.shape, np.bool_)
    longest, band = max(3, round(LARGEST * size) | 1), round(BAND * size)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (longest, longest))
    above = cv2.morphologyEx(film, cv2.MORPH_BLACKHAT, disc)
    _, spots, facts, _ = cv2.connectedComponentsWithStats((above >= FOOT).astype(np.uint8), connectivity=8)
    for spot, (left, top, wide, high, _) in enumerate(facts.tolist()[1:], 1):
        right, bottom = left + wide, top + high
        at_the_edge = min(left, top) == 0 or max(right, bottom) == size
        near = right <= band or bottom <= band or left >= size - band or top >= size - band
        if near and not at_the_edge and max(wide, high) <= longest and above[spots == spot].max() >= PEAK:
            found |= spots == spot
    around = 2 * max(1, round(AROUND * size)) + 1
    return cv2.dilate(found.astype(np.uint8), np.ones((around, around), np.uint8)).astype(np.bool_)


def _width(size: int) -> int:
    return max(1, round(BORDER * size))


def _blank(film: Film, mask: Mask) -> Film:
    return np.where(mask, np.median(film[~mask]).astype(np.uint8), film)


def _painted_over(film: Film, mask: Mask) -> Film:
    """What is around a place goes on in it (Telea, Journal of Graphics Tools 9, 2004)."""
    import cv2

    radius = max(1, round(AROUND * len(film)))
    return np.asarray(cv2.inpaint(film, mask.astype(np.uint8), radius, cv2.INPAINT_TELEA), np.uint8)
