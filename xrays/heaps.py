"""Values that far more films have than those around them: a cap (90 for all who are older), or a word for none (0,
99, 120) that a table writes as a number.

heaps(LABELS["age"], ages)          # [Heap(value=90.0, films=7579, expected=1204.0)]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.labels import Label

FEWEST = 10  # films: below it chance makes heaps
BESIDE = 3  # whole numbers on either side that a value is compared with
STEPS, ON_STEPS = (20, 10, 5, 4, 3, 2), 0.9  # distances of values, and the share of films that lie on them
TIMES = 3  # as many films as expected, and as many standard deviations more


@dataclass(frozen=True)
class Heap:
    """value: of so many films; expected: how many have one of the values around it, in the median."""

    value: float
    films: int
    expected: float


def heaps(label: Label, values: NDArray[np.float32]) -> list[Heap]:
    """The heaps of a label's values (n,), NaN where unknown, by value; none of a label that is no whole number of its
    unit, as a rule."""
    known = values[np.isfinite(values)]
    whole = known == np.floor(known)
    if label.kind != "number" or 2 * whole.sum() < len(known) or not len(known):
        return []
    least = int(np.floor(known.min()))
    counts = np.bincount(np.floor(known).astype(np.int64) - least)
    step = _step(counts)
    padded = np.pad(counts, BESIDE * step)
    if (counts > 0).sum() == 1:  # nothing is beside it
        return []
    found = []
    for place in np.flatnonzero(counts >= FEWEST).tolist():
        window = padded[place : place + 2 * BESIDE * step + 1 : step]
        expected = float(np.median(np.delete(window, BESIDE)))
        films = int((known == least + place).sum())
        if films >= FEWEST and films > TIMES * (expected + math.sqrt(expected + 1)):
            found.append(Heap(float(least + place), films, expected))
    return found


def _step(counts: NDArray[np.int64]) -> int:
    """How far apart the values are that films have as a rule: 5 where ages are groups of five years. counts: films by
    whole number."""
    steps = (step for step in STEPS if max(counts[at::step].sum() for at in range(step)) >= ON_STEPS * counts.sum())
    return next(steps, 1)
