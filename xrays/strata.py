"""How many films of which labels every group has: what a hold-out and folds are made even in.

    tally = tally_of(groups, age, gender)       # all (N,)
    tally.cells          # (G, C) films of each group by stratum, which is age band × gender
    tally.labels         # (G, L) the same by single label: each gender, any gender, each age band, any age

Cells alone would heap a rare label: where eight films have a gender, each is the only film of its stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.age_bands import BAND_NAMES, bands_of


@dataclass(frozen=True)
class Tally:
    """names: (G,) of the groups, sorted; member: (N,) each film's group as a row; cells (G, C), labels (G, L): films
    of each group, without columns that hold none. All counts are whole numbers as float64."""

    names: NDArray[np.str_]
    member: NDArray[np.intp]
    cells: NDArray[np.float64]
    labels: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(G,) films of each group."""
        return np.asarray(self.cells.sum(1), np.int64)


def tally_of(groups: NDArray[np.str_], age: NDArray[np.float32], gender: NDArray[np.int8]) -> Tally:
    """All arguments (N,), age in years or NaN, gender 0, 1 or -1. A missing label is a band of its own in the cells,
    and no label."""
    names, member = np.unique(groups, return_inverse=True)
    band = bands_of(age)
    band = np.where(band < 0, len(BAND_NAMES), band)
    table = np.zeros((len(names), len(BAND_NAMES) + 1, 3))
    np.add.at(table, (member, band, gender.astype(np.int64) + 1), 1)
    genders, bands = table.sum(1)[:, 1:], table.sum(2)[:, :-1]
    labels = np.column_stack([genders, genders.sum(1), bands, bands.sum(1)])
    cells = table.reshape(len(names), -1)
    return Tally(names, member, cells[:, cells.any(0)], labels[:, labels.any(0)])
