"""What an assignment of films says, of whatever plan: in which fold each film is, or that it is in none.

in_folds(assignment), of_fold(assignment, 3), beside_fold(assignment, 3), in_hold_out(assignment)   # masks (N,)

assignment: (R, N) int8, a row for each repeat of the cross-validation: in it every film of the development is in one
of k folds. Numbers of folds run on, so that repeat r has r·k … (r+1)·k − 1. HOLD_OUT and UNUSED are the same in all
rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNUSED, HOLD_OUT = -2, -1


def in_folds(assignment: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(N,) films in any fold: the development films."""
    return np.asarray(assignment[0] >= 0)


def of_fold(assignment: NDArray[np.int8], fold: int) -> NDArray[np.bool_]:
    """(N,) films that are scored in this fold."""
    return np.asarray((assignment == fold).any(axis=0))


def beside_fold(assignment: NDArray[np.int8], fold: int) -> NDArray[np.bool_]:
    """(N,) films in the other folds of the same repeat: those that a network of this fold is trained on."""
    return in_folds(assignment) & ~of_fold(assignment, fold)


def repeat_of(assignment: NDArray[np.int8], fold: int) -> int:
    """The row that a fold is in."""
    return int((assignment == fold).any(axis=1).argmax())


def in_hold_out(assignment: NDArray[np.int8]) -> NDArray[np.bool_]:
    """(N,) films that only `export` looks at."""
    return np.asarray(assignment[0] == HOLD_OUT)


def every_fold(assignment: NDArray[np.int8]) -> range:
    """The numbers of all folds of all repeats."""
    return range(int(assignment.max()) + 1)
