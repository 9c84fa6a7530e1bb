"""Which film is trained on where: one hold-out that no search touches, k folds for the rest.

    plan = make_plan(arrays, folds=5, split_seed=0)
    plan.assignment      # (1, N) int8: -2 unused, -1 hold-out, 0…4 fold
    plan.development(), plan.fold(3), plan.hold_out()      # boolean masks (N,)

Stratified by age band × gender; films of one group stay together. The hold-out depends on the films and the split
seed alone, the folds on these two and k.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.age_bands import BAND_NAMES, bands_of
from xrays.arrays import XrayArrays
from xrays.errors import UserError

UNUSED, HOLD_OUT = -2, -1
HOLD_OUT_SHARE = 0.15


@dataclass(frozen=True)
class FoldPlan:
    """assignment: (repeats, N) int8. fingerprint: equal for runs that can be compared film by film."""

    assignment: NDArray[np.int8]
    folds: int
    fingerprint: str

    def fold(self, number: int) -> NDArray[np.bool_]:
        """(N,) films that are scored, not trained on, in this fold."""
        return np.asarray(self.assignment[0] == number)

    def development(self) -> NDArray[np.bool_]:
        """(N,) films in any fold."""
        return np.asarray(self.assignment[0] >= 0)

    def hold_out(self) -> NDArray[np.bool_]:
        """(N,) films that only `export` looks at."""
        return np.asarray(self.assignment[0] == HOLD_OUT)


def make_plan(arrays: XrayArrays, *, folds: int = 5, split_seed: int = 0) -> FoldPlan:
    """Raises UserError when there are fewer patients than a hold-out and k folds need, or for a seed below 0."""
    if split_seed < 0:
        raise UserError(f"--split-seed {split_seed}", "a whole number from 0 on", "--split-seed 0")
    usable = np.isfinite(arrays.age) | (arrays.gender >= 0)
    groups = np.unique(arrays.groups[usable])
    if not 2 <= folds <= 20 or len(groups) < 2 * (folds + 1):
        raise UserError(
            f"--folds {folds} with {len(groups)} patients",
            "2 to 20 folds and at least two patients for each of them and for the hold-out",
            "python cli.py search --folds 3 …",
        )
    strata = _strata(arrays.age, arrays.gender)
    assignment = np.full(len(arrays.ids), UNUSED, np.int8)
    held = _deal(arrays.groups, strata, usable, np.array([HOLD_OUT_SHARE, 1 - HOLD_OUT_SHARE]), (split_seed, 0))
    assignment[usable] = np.where(held[usable] == 0, HOLD_OUT, 0)
    development = assignment == 0
    dealt = _deal(arrays.groups, strata, development, np.full(folds, 1 / folds), (split_seed, folds))
    assignment[development] = dealt[development]
    digest = hashlib.sha256(f"{arrays.meta['films']} {folds} {split_seed}".encode() + assignment.tobytes())
    return FoldPlan(assignment[None], folds, digest.hexdigest())


def dealt_anew(
    groups: NDArray[np.str_],
    age: NDArray[np.float32],
    gender: NDArray[np.int8],
    assignment: NDArray[np.int8],
    *,
    folds: int,
    seed: int,
) -> NDArray[np.int8]:
    """(N,) another assignment of the same development films to folds, as even as that of the plan. All arguments
    (N,), assignment one repeat of a plan. What is unused or held out stays so."""
    development = assignment >= 0
    dealt = _deal(groups, _strata(age, gender), development, np.full(folds, 1 / folds), (seed, folds))
    return np.where(development, dealt, assignment).astype(np.int8)


def _strata(age: NDArray[np.float32], gender: NDArray[np.int8]) -> NDArray[np.int64]:
    """(N,) age band × gender as one number; a missing label is a band of its own."""
    band = bands_of(age)
    band[band < 0] = len(BAND_NAMES)
    return band * 3 + gender + 1


def _deal(
    groups: NDArray[np.str_],
    strata: NDArray[np.int64],
    usable: NDArray[np.bool_],
    shares: NDArray[np.float64],
    seed: tuple[int, int],
) -> NDArray[np.int64]:
    """(N,) bin of every usable film, -1 elsewhere.

    Greedy: groups in random order, large ones first, each to the bin that is furthest, relative to its share,
    from what it should have of the group's strata. Exact to one film a stratum when every group is one film.
    """
    names, member = np.unique(groups[usable], return_inverse=True)
    kinds, stratum = np.unique(strata[usable], return_inverse=True)
    counts = np.zeros((len(names), len(kinds)))
    np.add.at(counts, (member, stratum), 1)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(1), kind="stable")]
    target = shares[:, None] * counts.sum(0)
    have = np.zeros_like(target)
    bins = np.empty(len(names), np.int64)
    for group in order:
        filled = (have / target) @ counts[group] / counts[group].sum()
        # Between bins that need the strata equally, the one with the fewest films for its share.
        overall = have.sum(1) / target.sum(1)
        bins[group] = np.lexsort((overall, np.round(filled, 9)))[0]
        have[bins[group]] += counts[group]
    dealt = np.full(len(groups), -1, np.int64)
    dealt[usable] = bins[member]
    return dealt
