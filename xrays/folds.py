"""Which film is trained on where: one hold-out that no search touches, k folds for the rest, dealt R times.

    plan = make_plan(arrays, folds=5, repeats=2, splits=Splits(seed=0, holdout=0.15))
    plan.assignment      # (2, N) int8: UNUSED, HOLD_OUT, in the first row folds 0…4, in the second 5…9
    plan.development(), plan.fold(3), plan.hold_out()      # boolean masks (N,)

Stratified by labels (xrays/strata.py); films of one group stay together. The hold-out depends on the films, its share
and the split seed alone, the folds on these and k. A stress test deals the same films to other folds. With repeats
(repeated cross-validation) the same films are dealt again, each time in another way; the first time is that of a plan
without.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.assignment import HOLD_OUT, UNUSED, every_fold, in_folds, in_hold_out, of_fold
from xrays.dealing import dealt_evenly, dealt_in_blocks, outside
from xrays.errors import UserError
from xrays.hold_out import groups_held_out
from xrays.label_values import at_rows, labelled
from xrays.next_command import command
from xrays.patients import Whose, whose
from xrays.split_column import given_split
from xrays.splits import USUAL, Splits
from xrays.strata import tally_of
from xrays.tasks import Task

MIN_FOLDS, MAX_FOLDS = 2, 20
MOST = 100  # folds over all repeats: their numbers are of eight bits
DEALS = 256  # at most, until there are as many divisions as repeats
MORE_PATIENTS = f"{command('prepare', 'DIR')}   (films of more patients that have a label)"
Films = NDArray[np.bool_]  # (N,) whether each is meant


@dataclass(frozen=True)
class FoldPlan:
    """assignment: (R, N) int8, see xrays/assignment.py; UNUSED is a film without any label or one that a given split
    leaves out. folds: how many a repeat has. fingerprint: equal for runs that can be compared film by film. notes:
    what the user is to know of it."""

    assignment: NDArray[np.int8]
    folds: int
    fingerprint: str
    notes: tuple[str, ...] = ()

    @property
    def repeats(self) -> int:
        """How often the films are dealt to folds."""
        return len(self.assignment)

    def fold(self, number: int) -> NDArray[np.bool_]:
        """(N,) films that are scored, not trained on, in this fold."""
        return of_fold(self.assignment, number)

    def development(self) -> NDArray[np.bool_]:
        """(N,) films in any fold."""
        return in_folds(self.assignment)

    def hold_out(self) -> NDArray[np.bool_]:
        """(N,) films that only `export` looks at."""
        return in_hold_out(self.assignment)


def make_plan(arrays: XrayArrays, *, folds: int = 5, repeats: int = 1, splits: Splits = USUAL) -> FoldPlan:
    """Raises UserError, with what would work, for a plan that these films do not give."""
    splits.check()
    held_out, development, notes = _sides(arrays, folds, splits)
    _check_repeats(folds, repeats)
    row = np.full(len(arrays.ids), UNUSED, np.int8)
    row[held_out], row[development] = HOLD_OUT, 0
    rows = _divisions(_deals(arrays, row, folds, splits), repeats)
    if len(rows) < repeats:
        raise UserError(
            f"--repeats {repeats} with --folds {folds}: these films were divided in {len(rows)} way"
            f"{'s' * (len(rows) > 1)} only, however often they were dealt",
            "as many repeats as there are divisions, since an equal one would only be counted twice",
            f"the same command with --repeats {len(rows)}",
        )
    if splits.stress and (apart := outside(arrays.ids, rows[0])):
        notes += (f"films outside of their fold's block of ids, with the rest of their patient: {apart}",)
    assignment = np.stack([np.where(each < 0, each, each + place * folds) for place, each in enumerate(rows)])
    asked = f"{arrays.meta['films']} {folds} {splits.seed}{splits.stress}"
    digest = hashlib.sha256(asked.encode() + assignment.tobytes())
    return FoldPlan(assignment, folds, digest.hexdigest(), notes)


def _deals(arrays: XrayArrays, row: NDArray[np.int8], folds: int, splits: Splits) -> Iterator[NDArray[np.int8]]:
    """(N,) the row with its films dealt to folds 0…k-1, in one way after the other. Blocks stay blocks, with other
    ends: moved on by 0, 1/2, 1/4, 3/4, 1/8, … of a block (van der Corput's sequence)."""
    for number in range(DEALS):
        if splits.stress:
            turn = int(f"{number:08b}"[::-1], 2) / DEALS
            yield dealt_in_blocks(arrays.ids, arrays.groups, row, folds=folds, turn=turn)
        else:
            yield dealt_evenly(arrays.groups, arrays.labels, row, folds=folds, seed=splits.seed, repeat=number)


def _divisions(deals: Iterable[NDArray[np.int8]], wanted: int) -> list[NDArray[np.int8]]:
    """The first of the deals (N,) that differ in more than the numbers of their folds, as many as wanted."""
    found: dict[bytes, NDArray[np.int8]] = {}
    for dealt in deals:
        _, first, fold = np.unique(dealt, return_index=True, return_inverse=True)
        found.setdefault(np.argsort(np.argsort(first))[fold].astype(np.int8).tobytes(), dealt)
        if len(found) == wanted:
            break
    return list(found.values())


def _sides(arrays: XrayArrays, folds: int, splits: Splits) -> tuple[Films, Films, tuple[str, ...]]:
    """The films that are held out and those that are dealt to folds, and notes."""
    usable = labelled(arrays.labels, len(arrays.ids))
    if splits.column:
        given = given_split(arrays, splits.column, usable)
        _check_patients(arrays.groups[given.development], folds, others=0, where=" outside of test")
        return given.held_out, given.development, given.notes
    _check_patients(arrays.groups[usable], folds, others=1 if splits.share else 0)
    held_out = np.zeros(len(arrays.ids), np.bool_)
    if splits.share:
        tally = tally_of(arrays.groups[usable], at_rows(arrays.labels, usable))
        held = groups_held_out(tally, share=splits.share, seed=(splits.seed, 0))
        _check_held_out(tally.sizes, held, whose(arrays.groups[usable][~held[tally.member]]), folds, splits)
        held_out[usable] = held[tally.member]
    return held_out, usable & ~held_out, ()


def _check_patients(groups: NDArray[np.str_], folds: int, *, others: int, where: str = "") -> None:
    """Two in each fold, so that none of these is one patient, and in the hold-out. groups: (n,) of the films that are
    divided; others: parts beside the folds; where: the films lie, for the message."""
    of = whose(groups)
    patients = of.groups
    if MIN_FOLDS <= folds <= MAX_FOLDS and patients >= 2 * (folds + others):
        return
    most = min(MAX_FOLDS, patients // 2 - others)
    if most >= MIN_FOLDS:
        remedy = f"the same command with --folds {min(max(folds, MIN_FOLDS), most)}"
    elif others and patients >= 2 * MIN_FOLDS:
        remedy = f"the same command with --folds {MIN_FOLDS} --holdout 0   (no film is held out then)"
    else:
        remedy = MORE_PATIENTS
    raise UserError(
        f"--folds {folds} with {of.people()}{where}",
        f"{MIN_FOLDS} to {MAX_FOLDS} folds and at least two patients for each of them"
        f"{' and for the hold-out' if others else ''}",
        remedy,
    )


def _check_repeats(folds: int, repeats: int) -> None:
    """folds: one of the possible numbers."""
    if not 1 <= repeats <= MOST // folds:
        raise UserError(
            f"--repeats {repeats} with --folds {folds}",
            f"1 or more repeats, and no more than {MOST} folds in all of them",
            f"the same command with --repeats {min(max(repeats, 1), MOST // folds)}",
        )


def _check_held_out(
    sizes: NDArray[np.int64], held: NDArray[np.bool_], beside: Whose, folds: int, splits: Splits
) -> None:
    """That somebody is held out, and as many patients are left as there are folds. sizes, held: (G,); beside: whose
    the films are that are left."""
    films = int(sizes.sum())
    if not held.any():
        # Rounded up to what two digits say: that much is met by the patient with the fewest films.
        enough = math.ceil(100 * int(sizes.min()) / films) / 100
        raise UserError(
            f"--holdout {splits.share:g} of {films} films, where no patient has fewer than {sizes.min()}",
            "a share that at least one patient meets, or 0 for none",
            f"the same command with --holdout {enough:g}",
        )
    if folds > beside.groups:
        # Only where one patient has most of the films.
        raise UserError(
            f"--folds {folds} with {beside.people()} beside those of the hold-out",
            "at least one patient for each fold",
            f"the same command with --folds {beside.groups}" if beside.groups >= MIN_FOLDS else MORE_PATIENTS,
        )


def unscorable(task: Task, labels: NDArray[np.float32], assignment: NDArray[np.int8]) -> list[int]:
    """The folds of an assignment (R, N) that have fewer than two films with one of the labels (N,), or one class
    alone: no score on them says anything."""
    bad = []
    for fold in every_fold(assignment):
        scored = labels[of_fold(assignment, fold) & np.isfinite(labels)]
        if len(scored) < 2 or (task.kind == "binary" and len(np.unique(scored)) < 2):
            bad.append(fold)
    return bad
