"""Takes away what lies around a film and is no part of it: padding, frames of scanners and viewers, collimators.

    without_margins(grey)           # (h, w), a view of the film; the film itself where it has none

A margin is made of whole rows or columns of one value at an edge. A black one may end anywhere. Every other one ends
with a step, or it is a belly that is as white as paper; what a collimator leaves may grow darker on its way there.
What is turned against the edges is left as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What ends a margin is measured by numbers that move a little when pixels do, and judged where few films come near:
# a JPEG's noise must not put an edge elsewhere. Even margins are padding and frames, uneven ones lie behind
# collimators.
EVEN, UNEVEN = (6, 17), (10, 40)  # grey levels at which a pixel begins to be something else, and at which it is
MOST = {EVEN: 0.05, UNEVEN: 0.22}  # of a line that may be something else: letters are burnt into margins
STEP = {EVEN: 0.45, UNEVEN: 0.58}  # of a line behind the margin that is something else …
WITHIN = 0.035  # … so much of the side behind it at most
FOLLOWED = 0.03  # of a side, after which an uneven margin's value is taken anew
DARK, PALE, LIGHT = 16, 200, 239  # values that need no step; that may be uneven; of which a line or two are a margin
TRACE = 2  # px of another grey, which resizing leaves at an edge
AGAIN = 4  # grey levels from the value of a margin to that of one behind it
LEAST = 16  # px of a side that must remain
PIXELS, LINES = 256, 64  # of a line, that say what it is; of a side, that say what the film is
LEVELS = np.arange(256.0)
Ends = dict[tuple[int, int], float]


def without_margins(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W) to (h, w). Where nothing would remain, what was there before comes back."""
    film, before = grey, None
    ended: Ends = {}
    while before is None or film.shape != before.shape:  # a frame may have a colour at each side, a frame within
        before = film
        for axis in (0, 1):
            first, last = _width(film, axis, 0, ended), _width(film, axis, -1, ended)
            film = film[first : len(film) - last] if axis == 0 else film[:, first : film.shape[1] - last]
            if min(film.shape) < LEAST:
                return before
    return film


def _width(film: NDArray[np.uint8], axis: int, end: int, ended: Ends) -> int:
    """How many lines of a margin there are at one end (0 or -1) of an axis; all of them for a film of one value.
    ended: with which value a margin has ended there before; it does not begin again with the same."""
    line = np.sort(_lines(film, axis, end, 0, 1)[0])
    value, tenth = _value(line), len(line) // 10
    if max(value - line[tenth], line[-1 - tenth] - value) >= UNEVEN[1]:  # in short, what the next line says
        return 0
    other = np.add.reduce(_otherness(value, UNEVEN)[line], dtype=np.int64) / (255 * len(line))
    if other > MOST[EVEN] or abs(value - ended.get((axis, end), np.inf)) < AGAIN:
        return 0
    width, step = _even(film, axis, end, value)
    if not (width and (value <= DARK or (step >= STEP[EVEN] and (value >= LIGHT or width > TRACE)))):
        width, step, value = _uneven(film, axis, end)
        if step < STEP[UNEVEN] or width <= TRACE:
            return 0
    ended[axis, end] = value
    return width


def _even(film: NDArray[np.uint8], axis: int, end: int, value: float) -> tuple[int, float]:
    """How many lines have the value, and how much of a line behind them is something else at most; of a film of one
    value all of it."""
    count, table = film.shape[axis], _otherness(value, EVEN)
    beyond, shares, width = 1 if value <= DARK else _beyond(count), np.empty(0, np.float32), 0
    while len(shares) < count and width + beyond > len(shares):  # most margins are narrow
        more = _shares(film, axis, end, len(shares), 2 * len(shares) + beyond, table)
        shares = np.concatenate([shares, more])
        width = _first(shares > MOST[EVEN])
    if width == count:
        return count, 1.0
    step = float(shares[width : width + beyond].max())
    if width and step < STEP[EVEN]:  # of a line much may be a margin of the other axis
        rows, columns = (max(1, side // LINES) for side in film.shape)
        step /= max(step, float(table[film[::rows, ::columns]].mean(1 - axis).max()) / 255)
    return width, step


def _uneven(film: NDArray[np.uint8], axis: int, end: int) -> tuple[int, float, float]:
    """How many lines have a value that changes slowly, how much of a line behind them is something else at most, and
    the last value."""
    count, width = film.shape[axis], TRACE
    stride = max(1, round(FOLLOWED * count))
    while width + stride < count:
        value = _value(np.sort(_lines(film, axis, end, width, width + 1)[0]))
        if value < PALE:
            break
        table = _otherness(value, UNEVEN)
        more = _first(_shares(film, axis, end, width, width + stride + 1, table) > MOST[UNEVEN])
        width += min(more, stride)
        if more <= stride:
            return width, float(_shares(film, axis, end, width, width + _beyond(count), table).max()), value
    return 0, 0.0, 0.0


def _beyond(count: int) -> int:
    """Lines behind a margin in which there is a step."""
    return max(3, round(WITHIN * count))


def _first(found: NDArray[np.bool_]) -> int:
    """The place of the first one; how many there are where it is none of them."""
    return int(found.argmax()) if found.any() else len(found)


def _lines(film: NDArray[np.uint8], axis: int, end: int, start: int, stop: int) -> NDArray[np.uint8]:
    """(n, m) those of these numbers from that end on, as many pixels of each as say what it is."""
    count, thinned = film.shape[axis], (film.shape[1 - axis] // PIXELS) | 1  # odd: of checks not one colour alone
    numbers = slice(start, stop) if end == 0 else slice(max(count - stop, 0), count - start)
    lines = film[numbers, ::thinned] if axis == 0 else film[::thinned, numbers].T
    return np.ascontiguousarray(lines if end == 0 else lines[::-1])


def _shares(
    film: NDArray[np.uint8], axis: int, end: int, start: int, stop: int, table: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """(n,) of these lines how much of each is something else."""
    import cv2

    others = cv2.LUT(_lines(film, axis, end, start, stop), table)
    return cv2.reduce(others, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() / np.float32(255)


def _value(ordered: NDArray[np.uint8]) -> float:
    """The mean of a line's middle tenth: a median is a whole number and jumps."""
    half, middle = len(ordered) // 2, len(ordered) // 20
    some = ordered[half - middle : half + middle + 1]
    return float(np.add.reduce(some, dtype=np.int64)) / len(some)


def _otherness(value: float, limits: tuple[int, int]) -> NDArray[np.uint8]:
    """(256,) how much each grey level is something else than the value, 0 … 255. Nothing is too black for black, too
    white for white."""
    away = LEVELS - value
    away = np.maximum(away, 0) if value <= DARK else np.maximum(-away, 0) if value >= LIGHT else np.abs(away)
    low, high = limits
    return (np.minimum(np.maximum(away - low, 0), high - low) * (255 / (high - low))).astype(np.uint8)
