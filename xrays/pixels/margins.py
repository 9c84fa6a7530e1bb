"""Takes away what lies around a film and is no part of it: padding, frames of scanners and viewers, collimators.

    without_margins(grey)           # (h, w), a view of the film; the film itself where it has none

A margin is made of whole rows or columns of one value at an edge. A black or white one may end anywhere; one of
another grey, as a collimator leaves it, ends with a step. What is turned against the edges is left as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 10  # grey levels: noise of a detector, ringing of a JPEG
WHOLE = 0.95  # of a line that has the margin's value: letters are burnt into margins
DARK, LIGHT = 16, 239  # margins that need no step
STEP, WITHIN = 25, 0.02  # grey levels to what lies beyond a collimator, and within which part of the side
LEAST = 16  # px of a side that must remain
FEW = 64  # lines that are looked at first


def without_margins(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) to (h, w). Where nothing would remain, what was there before comes back."""
    film, before = grey, None
    while before is None or film.shape != before.shape:  # a frame may have a colour at each side, a frame within
        before = film
        for axis in (0, 1):
            first, last = _width(film, axis, 0), _width(film, axis, -1)
            film = film[first : len(film) - last] if axis == 0 else film[:, first : film.shape[1] - last]
            if min(film.shape) < LEAST:
                return before
    return film


def _width(film: NDArray[np.uint8], axis: int, end: int) -> int:
    """How many lines of a margin there are at one end (0 or -1) of an axis; all of them for a film of one value."""
    line = _line(film, axis, end, 0)
    value = float(np.partition(line, len(line) // 2)[len(line) // 2])
    if not _shares(film, axis, end, 1, value)[0] >= WHOLE:
        return 0
    count, beyond = film.shape[axis], max(3, round(WITHIN * film.shape[axis]))
    width, seen = 0, FEW
    while True:  # a part of the film is looked at: most margins are narrow
        shares = _shares(film, axis, end, min(seen, count), value)
        others = np.flatnonzero(shares < WHOLE)
        width = int(others[0]) if len(others) else len(shares)
        if seen >= count or width + beyond <= seen:
            break
        seen *= 4
    if DARK < value < LIGHT and width < count:
        distance = np.abs(_line(film, axis, end, min(width + beyond, count) - 1) - value)
        other = distance[distance > TOLERANCE]
        if not len(other) or np.quantile(other, 0.9) < STEP:
            return 0
    return width


def _line(film: NDArray[np.uint8], axis: int, end: int, number: int) -> NDArray[np.uint8]:
    """The one of that number from that end on."""
    at = number if end == 0 else film.shape[axis] - 1 - number
    return film[at] if axis == 0 else film[:, at]


def _shares(film: NDArray[np.uint8], axis: int, end: int, count: int, value: float) -> NDArray[np.float32]:
    """(count,) of every line from that end on: the share that has the value."""
    import cv2

    lines = slice(count) if end == 0 else slice(-count, None)
    part = film[lines] if axis == 0 else film[:, lines]
    near = cv2.inRange(part, np.array([value - TOLERANCE]), np.array([value + TOLERANCE]))
    shares = cv2.reduce(near, 1 - axis, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() / np.float32(255)
    return np.asarray(shares if end == 0 else shares[::-1], np.float32)
