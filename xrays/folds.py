"""Which film is trained on where: one hold-out that no search touches, k folds for the rest.

    plan = make_plan(arrays, folds=5, split_seed=0)
    plan.assignment      # (N,) int8: UNUSED, HOLD_OUT, 0…4 fold
    plan.development(), plan.fold(3), plan.hold_out()      # boolean masks (N,)

Stratified by labels (xrays/strata.py); films of one group stay together. The hold-out depends on the films and the
split seed alone, the folds on these two and k.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.hold_out import groups_held_out
from xrays.label_values import Labels, at_rows, labelled
from xrays.strata import Tally, tally_of
from xrays.tasks import Task

UNUSED, HOLD_OUT = -2, -1  # of a film in an assignment, which else has the number of its fold
HOLD_OUT_SHARE = 0.15


@dataclass(frozen=True)
class FoldPlan:
    """assignment: (N,) int8, each film's fold, HOLD_OUT, or UNUSED for one without any label. folds: how many.
    fingerprint: equal for runs that can be compared film by film."""

    assignment: NDArray[np.int8]
    folds: int
    fingerprint: str

    def fold(self, number: int) -> NDArray[np.bool_]:
        """(N,) films that are scored, not trained on, in this fold."""
        return np.asarray(self.assignment == number)

    def development(self) -> NDArray[np.bool_]:
        """(N,) films in any fold."""
        return np.asarray(self.assignment >= 0)

    def hold_out(self) -> NDArray[np.bool_]:
        """(N,) films that only `export` looks at."""
        return np.asarray(self.assignment == HOLD_OUT)


def make_plan(arrays: XrayArrays, *, folds: int = 5, split_seed: int = 0) -> FoldPlan:
    """Raises UserError when there are fewer patients than a hold-out and k folds need, or for a seed below 0."""
    if split_seed < 0:
        raise UserError(f"--split-seed {split_seed}", "a whole number from 0 on", "--split-seed 0")
    usable = labelled(arrays.labels, len(arrays.ids))
    groups = np.unique(arrays.groups[usable])
    if not 2 <= folds <= 20 or len(groups) < 2 * (folds + 1):
        raise UserError(
            f"--folds {folds} with {len(groups)} patients",
            "2 to 20 folds and at least two patients for each of them and for the hold-out",
            "python cli.py search --folds 3 …",
        )
    assignment = np.full(len(arrays.ids), UNUSED, np.int8)
    tally = tally_of(arrays.groups[usable], at_rows(arrays.labels, usable))
    held = groups_held_out(tally, share=HOLD_OUT_SHARE, seed=(split_seed, 0))
    beside = int((~held).sum())
    if folds > beside:
        # Only where one patient has most of the films.
        raise UserError(
            f"--folds {folds} with {beside} patient{'s' * (beside > 1)} beside those of the hold-out",
            "at least one patient for each fold",
            f"python cli.py search --folds {beside} …" if beside > 1 else "python cli.py prepare DIR",
        )
    assignment[usable] = np.where(held[tally.member], HOLD_OUT, 0)
    assignment = dealt_anew(arrays.groups, arrays.labels, assignment, folds=folds, seed=split_seed)
    digest = hashlib.sha256(f"{arrays.meta['films']} {folds} {split_seed}".encode() + assignment.tobytes())
    return FoldPlan(assignment, folds, digest.hexdigest())


def dealt_anew(
    groups: NDArray[np.str_],
    labels: Labels,
    assignment: NDArray[np.int8],
    *,
    folds: int,
    seed: int,
) -> NDArray[np.int8]:
    """(N,) another assignment of the same development films to folds, as even as that of the plan. groups,
    assignment: (N,). What is unused or held out stays so."""
    development = assignment >= 0
    tally = tally_of(groups[development], at_rows(labels, development))
    dealt = assignment.copy()
    dealt[development] = _deal(tally, folds, (seed, folds))[tally.member]
    return dealt


def unscorable(task: Task, labels: NDArray[np.float32], assignment: NDArray[np.int8]) -> list[int]:
    """The folds of an assignment (N,) that have fewer than two films with one of the labels (N,), or one class alone:
    no score on them says anything."""
    bad = []
    for fold in range(int(assignment.max()) + 1):
        scored = labels[(assignment == fold) & np.isfinite(labels)]
        if len(scored) < 2 or (task.kind == "binary" and len(np.unique(scored)) < 2):
            bad.append(fold)
    return bad


def _deal(tally: Tally, folds: int, seed: tuple[int, int]) -> NDArray[np.int8]:
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
