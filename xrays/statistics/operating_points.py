"""From which probability on a film is called class 1, chosen by a criterion that can be stated.

at = chosen("youden", labels, probabilities)                        # 0.43; None without films of both classes
own = unseen("sensitive", labels, probabilities, patients)          # (n,) chosen on other patients' films

Figures of a threshold on the films that it was chosen on are too good (Leeflang et al. 2008, Clinical Chemistry 54):
`unseen` is for those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.parts import parts_of

LEAST = 0.9  # sensitivity or specificity that is asked for
USUAL = 0.5

# Of (k,) sensitivity, specificity and share of films that are right, what is to be large; -inf where it is ruled out.
Wanted = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
CRITERIA: Mapping[str, Wanted] = {
    "accuracy": lambda sensitivity, specificity, right: right,
    "youden": lambda sensitivity, specificity, right: sensitivity + specificity - 1,  # Youden 1950, Cancer 3
    "sensitive": lambda sensitivity, specificity, right: np.where(sensitivity >= LEAST, specificity, -np.inf),
    "specific": lambda sensitivity, specificity, right: np.where(specificity >= LEAST, sensitivity, -np.inf),
}


def chosen(criterion: str, labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> float | None:
    """The threshold, in the middle between two films' probabilities; of several that are as good the nearest to 0.5.
    criterion: of CRITERIA; labels: (n,) 0 and 1; probabilities: (n,) of class 1. None where a class is missing."""
    positive = labels == 1
    if positive.all() or not positive.any():
        return None
    values, place = np.unique(probabilities, return_inverse=True)
    # From a threshold below the first value on all films are called positive, above the last one none.
    positives = np.append(np.cumsum(np.bincount(place, positive)[::-1])[::-1], 0)
    negatives = np.append(np.cumsum(np.bincount(place, ~positive)[::-1])[::-1], 0)
    spared = negatives[0] - negatives
    right = (positives + spared) / len(labels)
    worth = CRITERIA[criterion](positives / positives[0], spared / negatives[0], right)
    between = (values[1:] + values[:-1]) / 2
    thresholds = np.concatenate([[min(values[0], USUAL)], between, [max(np.nextafter(values[-1], 2), USUAL)]])
    best = np.flatnonzero(worth >= worth.max() - 1e-12)
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - USUAL))]])


def unseen(
    criterion: str,
    labels: NDArray[np.floating],
    probabilities: NDArray[np.floating],
    patients: NDArray[np.generic],
) -> NDArray[np.float64] | None:
    """(n,) for every film the threshold that other patients' films choose (`parts_of`). None where these lack a
    class. patients: (n,) whose film each is."""
    own_of = np.empty(len(labels))
    for own in parts_of(patients):
        at = chosen(criterion, labels[~own], probabilities[~own])
        if at is None:
            return None
        own_of[own] = at
    return own_of
