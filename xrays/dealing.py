"""Which fold every film of the development is in: evenly in the labels, or in blocks of neighbouring ids.

    dealt_evenly(groups, labels, row, folds=5, seed=0)
    dealt_in_blocks(ids, groups, row, folds=5)            # a stress test

row: (N,) of an assignment (xrays/assignment.py), below 0 for films that are in no fold, which stay so; all others are
dealt to folds from 0 on. Films of one group stay together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrays.label_values import Labels, at_rows
from xrays.strata import Tally, tally_of


def dealt_evenly(
    groups: NDArray[np.str_],
    labels: Labels,
    row: NDArray[np.int8],
    *,
    folds: int,
    seed: int,
    repeat: int = 0,
) -> NDArray[np.int8]:
    """(N,) the row with its films in folds that are even in the labels. groups, row: (N,); repeat: a number for each
    of several deals with one seed."""
    development = row >= 0
    tally = tally_of(groups[development], at_rows(labels, development))
    dealt = row.copy()
    dealt[development] = _deal(tally, folds, (seed, folds, repeat) if repeat else (seed, folds))[tally.member]
    return dealt


def dealt_in_blocks(
    ids: NDArray[np.int64],
    groups: NDArray[np.str_],
    row: NDArray[np.int8],
    *,
    folds: int,
    turn: float = 0.0,
) -> NDArray[np.int8]:
    """(N,) the row with every fold a block of neighbouring ids, as equal in size as whole groups allow.
    A group lies where its first id does. ids, groups, row: (N,), of at least as many groups as folds. turn:
    from 0 to 1, by how much of a block the ends of all blocks are moved on; the last one then has the first ids, too.
    """
    development = row >= 0
    _, member, sizes = np.unique(groups[development], return_inverse=True, return_counts=True)
    first = np.full(len(sizes), np.iinfo(np.int64).max)
    np.minimum.at(first, member, ids[development])
    order = np.argsort(first, kind="stable")
    moved = int(np.searchsorted(np.cumsum(sizes[order]), turn * sizes.sum() / folds, side="right"))
    order = np.roll(order, -moved)
    block = np.empty(len(sizes), np.int8)
    block[order] = np.searchsorted(_ends(sizes[order], folds), np.arange(len(sizes)), side="right")
    dealt = row.copy()
    dealt[development] = block[member]
    return dealt


def outside(ids: NDArray[np.int64], row: NDArray[np.int8]) -> int:
    """How many films have ids beyond the first id of the next block: their patients have films in several blocks.
    ids, row: (N,), dealt in blocks without a turn."""
    starts = [ids[row == fold].min() for fold in range(int(row.max()) + 1)]
    block = np.searchsorted(starts, ids, side="right") - 1
    return int(((block != row) & (row >= 0)).sum())


def _ends(sizes: NDArray[np.int64], parts: int) -> list[int]:
    """After how many of the groups in a row each part but the last ends, nearest to equal numbers of films, and none
    without a group. sizes: (G,) films of each."""
    films, ends = np.concatenate([[0], np.cumsum(sizes)]), list[int]()
    for part in range(1, parts):
        nearest = int(np.argmin(np.abs(films - films[-1] * part / parts)))
        ends.append(min(max(nearest, (ends[-1] if ends else 0) + 1), len(sizes) - parts + part))
    return ends


def _deal(tally: Tally, folds: int, seed: tuple[int, ...]) -> NDArray[np.int8]:
    """(G,) fold of every group.

    Greedy: groups in random order, large ones first, each to the fold that has the least of the group's strata;
    between such folds, the least of its labels and the fewest films. Exact to one film a stratum when every group is
    one film.
    """
    cells, labels = tally.cells, np.column_stack([tally.labels, tally.sizes])
    # A film of a stratum or a label counts by how many there are of it.
    share_of_cells, share_of_labels = cells / cells.sum(0), labels / labels.sum(0)
    in_cells, in_labels = np.zeros((folds, cells.shape[1])), np.zeros((folds, labels.shape[1]))
    order = np.random.default_rng(seed).permutation(len(cells))
    dealt = np.empty(len(cells), np.int8)
    for group in order[np.argsort(-tally.sizes[order], kind="stable")]:
        strata, label = np.round(in_cells @ cells[group], 9), np.round(in_labels @ labels[group], 9)
        dealt[group] = fold = np.lexsort((label, strata))[0]
        in_cells[fold] += share_of_cells[group]
        in_labels[fold] += share_of_labels[group]
    return dealt
