"""How many films of which labels every group has: what a hold-out and folds are made even in.

    tally = tally_of(groups, labels)            # (N,), and name -> (N,)
    tally.cells          # (G, C) films of each group by stratum, which is age band × gender
    tally.labels         # (G, L) the same by single label: each gender, any gender, each age band, any age

Cells alone would heap a rare label: where eight films have a gender, each is the only film of its stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.label_values import UNKNOWN, Labels, groups_of
from xrays.labels import LABELS, strata_of


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


def tally_of(groups: NDArray[np.str_], labels: Labels) -> Tally:
    """groups (N,). A missing label is a stratum of its own in the cells, and no label."""
    names, member = np.unique(groups, return_inverse=True)
    rows = [label for name, label in LABELS.items() if name in labels]
    # The order of columns decides between groups that are as good as each other, so it stays what it was.
    cells = _counts(member, len(names), *_crossed(labels, len(groups)))
    columns = [cells[:, :0]]
    for label in reversed(rows):
        group = groups_of(label, labels[label.name])
        known = group != UNKNOWN
        counts = _counts(member[known], len(names), group[known], len(label.group_names))
        columns += [counts, counts.sum(1)[:, None]]
    single = np.column_stack(columns)
    return Tally(names, member, cells[:, cells.any(0)], single[:, single.any(0)])


def _crossed(labels: Labels, films: int) -> tuple[NDArray[np.int64], int]:
    """(N,) number of each film's stratum, and how many strata there are."""
    number, strata = np.zeros(films, np.int64), 1
    for label in strata_of(labels):
        group, size = groups_of(label, labels[label.name]), len(label.group_names) + 1
        # Unknown is the last band of a number, and the class before the first one.
        group = np.where(group == UNKNOWN, size - 1, group) if label.kind == "number" else group + 1
        number, strata = number * size + group, strata * size
    return number, strata


def _counts(member: NDArray[np.intp], groups: int, number: NDArray[np.int64], numbers: int) -> NDArray[np.float64]:
    """(groups, numbers) films of each group by a number that each film has. member, number: (n,)."""
    counts = np.zeros((groups, numbers))
    np.add.at(counts, (member, number), 1)
    return counts
