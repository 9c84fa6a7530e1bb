"""Whose films they are: films of one patient share a group, one whose patient is unknown is a group of its own.

groups = groups_of_patients(ids, ["7", "", "7"])    # ["patient 7", "film 1", "patient 7"]
patient_known(groups)                               # [True, False, True]
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

ALONE = "film "


def groups_of_patients(ids: NDArray[np.int64], patients: Iterable[str]) -> NDArray[np.str_]:
    """(n,) groups of n films. patients: n, "" where unknown."""
    named = zip(ids.tolist(), patients, strict=True)
    return np.array([f"patient {patient}" if patient else f"{ALONE}{film}" for film, patient in named], np.str_)


def patient_known(groups: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n,) whether it is known whose film each of n is: not where its group is named after a film, its own or that of
    which it is a copy."""
    return np.asarray(~np.char.startswith(groups, ALONE))


def patients_said(groups: NDArray[np.str_]) -> str | None:
    """For how many of n films patients are known, as a sentence without its full stop; None where for all."""
    known = patient_known(groups)
    if known.all():
        return None
    if not known.any():
        return "no patient is known: every film counts as a patient of its own"
    return f"patients are known for {known.sum():,} of {len(groups):,} films; the others count as one patient each"
