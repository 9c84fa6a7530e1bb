"""Whose films they are: films of one patient share a group, one whose patient is unknown is a group of its own.

groups = groups_of_patients(ids, ["7", "", "7"])    # ["patient 7", "film 1", "patient 7"]
patient_known(groups)                               # [True, False, True]
str(whose(groups))                                  # "3 films, 2 of 1 patient and 1 of unknown ones"
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALONE = "film "
FEW = 10  # patients: fewer are no basis for a number, whatever its interval


def groups_of_patients(ids: NDArray[np.int64], patients: Iterable[str]) -> NDArray[np.str_]:
    """(n,) groups of n films. patients: n, "" where unknown."""
    named = zip(ids.tolist(), patients, strict=True)
    return np.array([f"patient {patient}" if patient else f"{ALONE}{film}" for film, patient in named], np.str_)


def patient_known(groups: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n,) whether it is known whose film each of n is: not where its group is named after a film, its own or that of
    which it is a copy."""
    return np.asarray(~np.char.startswith(groups, ALONE))


@dataclass(frozen=True)
class Whose:
    """films: so many; groups: as many of them as stand for themselves in an interval, patients and films of unknown
    ones, copies of one picture once; patients: those who are known; unknown: films whose patient nobody knows."""

    films: int
    groups: int
    patients: int
    unknown: int

    def __str__(self) -> str:
        """`40 films of 30 patients`, `40 films of unknown patients`, or both."""
        said = _number(self.films, "film")
        if not self.unknown:
            return f"{said} of {_number(self.patients, 'patient')}"
        if self.unknown == self.films:
            return f"{said} of unknown patients"
        return f"{said}, {self.films - self.unknown:,} of {self.people()}"

    def people(self) -> str:
        """Who they are, where films do not matter: `30 patients`, `20 films of unknown patients`, or both."""
        if self.unknown and self.unknown == self.films:
            return str(self)
        known = _number(self.patients, "patient")
        return f"{known} and {self.unknown:,} of unknown ones" if self.unknown else known


WHOSE = tuple(Whose.__dataclass_fields__)  # names of columns that hold one


def whose(groups: NDArray[np.str_]) -> Whose:
    """Of n films by their groups (n,). Wherever patients are counted for a reader, they are counted here."""
    known = patient_known(groups)
    counts = (len(groups), len(np.unique(groups)), len(np.unique(groups[known])), int((~known).sum()))
    return Whose(*counts)


def _number(count: int, of: str) -> str:
    return f"{count:,} {of}{'s' * (count != 1)}"


def patients_said(groups: NDArray[np.str_]) -> str | None:
    """For how many of n films patients are known, as a sentence without its full stop; None where for all."""
    known = patient_known(groups)
    if known.all():
        return None
    if not known.any():
        return "no patient is known: every film counts as a patient of its own"
    return f"patients are known for {known.sum():,} of {len(groups):,} films; the others count as one patient each"
