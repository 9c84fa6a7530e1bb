"""Patients in parts, so that what is fitted on some of them is judged on the others.

for own in parts_of(patients):
    fitted(labels[~own], …).of(answers[own])

All films of a patient are in one part (cross-fitting; Chernozhukov et al. 2018, Econometrics Journal 21).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PARTS = 5


def parts_of(patients: NDArray[np.generic]) -> list[NDArray[np.bool_]]:
    """PARTS times (n,) which films are in that part: every film is in one. patients: (n,) whose film each is. They
    are always divided in the same way; of fewer than PARTS some parts are empty."""
    number = np.unique(patients, return_inverse=True)[1]
    part = np.random.default_rng(0).permutation(int(number.max(initial=0)) + 1)[number] % PARTS
    return [part == one for one in range(PARTS)]
