"""What an assignment of films says, of whatever plan: a number of a fold for each film, or that it is in none.

in_folds(assignment), beside_fold(assignment, 3), in_hold_out(assignment)        # boolean masks (N,)

assignment: (N,) int8, the film's fold from 0 on, HOLD_OUT, or UNUSED.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNUSED, HOLD_OUT = -2, -1


def in_folds(assignment: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(N,) films in any fold: the development films."""
    return np.asarray(assignment >= 0)


def beside_fold(assignment: NDArray[np.int8], fold: int) -> NDArray[np.bool_]:
    """(N,) films in any other fold: those that a network of this fold is trained on."""
    return np.asarray(in_folds(assignment) & (assignment != fold))


def in_hold_out(assignment: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(N,) films that only `export` looks at."""
    return np.asarray(assignment == HOLD_OUT)
