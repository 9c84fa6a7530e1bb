"""Whose films they are: films of one patient share a group, one whose patient is unknown is a group of its own.

groups = groups_of_patients(ids, ["7", "", "7"])    # ["patient 7", "film 1", "patient 7"]
patient_known(ids, groups)                          # [True, False, True]
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def groups_of_patients(ids: NDArray[np.int64], patients: Iterable[str]) -> NDArray[np.str_]:
    """(n,) groups of n films. patients: n, "" where unknown."""
    named = zip(ids.tolist(), patients, strict=True)
    return np.array([f"patient {patient}" if patient else f"film {film}" for film, patient in named], np.str_)


def patient_known(ids: NDArray[np.int64], groups: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n,) whether it is known whose film each of n is: not where it is a group under its own name."""
    return np.asarray(groups != np.char.add("film ", ids.astype(str)))
