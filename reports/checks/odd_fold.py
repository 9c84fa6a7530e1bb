"""A fold on which the best trial differs from all other folds."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.losses import by_fold, film_losses
from reports._evidence.winner import Predictions, winner
from reports.checks._check import Check, Finding
from trials.best import best_trials
from trials.commands import command_for
from xrays.next_command import command

CHECK = Check(
    order=90,
    title="A fold unlike the others",
    section="folds",
    why="A fold is odd when it differs from every single one of the others by more than luck with patients does "
    "(standard errors from patients drawn again, 5 % for all folds together). It is its films that are harder where "
    "the linear probe finds so, too.",
)
LEVEL, LEAST = 0.05, 3


def look(group: Group) -> Finding:
    """A hint; of folds that are unlike each other on purpose nothing."""
    if group.splits.stress:
        return Finding("not applicable", "Folds of a stress test are unlike each other on purpose.")
    predictions = winner(group)
    folds = np.arange(group.runs[0].experiment.folds)
    losses = film_losses(group.task, predictions.truth, predictions.predicted) if predictions else None
    if predictions is None or losses is None:
        return Finding("not applicable", "There are no predictions of the best trial.")
    if len(folds) < LEAST:
        return Finding("not applicable", f"With fewer than {LEAST} folds there are no others to differ from.")
    found, metric = by_fold(losses, predictions, folds), objective_of(group.task)
    odd = _odd(found)
    if odd is None:
        return Finding("passed", "No fold differs from all others by more than luck.")
    scores = found[0] if group.task.direction == "min" else 1 - found[0]
    others = np.delete(scores, odd)
    worse = "worse" if found[0][odd] > np.delete(found[0], odd).max() else "better"
    shown = metric.with_unit(f"{metric.value(others.min())} to {metric.value(others.max())}")
    more, typed = _why(group, predictions, folds, odd)
    return Finding(
        "hint",
        f"Fold {odd} is {worse} than every other: {metric.label} {metric.value(scores[odd])}, the others {shown}.",
        more,
        typed,
    )


def _odd(found: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> int | None:
    """From (2, k) means and standard errors the fold whose nearest neighbour is farthest away, if it is odd."""
    centre, error = found
    with np.errstate(divide="ignore", invalid="ignore"):  # two folds without any error are alike
        apart = np.nan_to_num(np.abs(centre[:, None] - centre) / np.hypot(error[:, None], error), posinf=np.inf)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.min(axis=1)
    odd = int(np.nanargmax(nearest)) if np.isfinite(nearest).any() else 0
    return odd if nearest[odd] > NormalDist().inv_cdf(1 - LEVEL / (2 * len(centre))) else None


def _why(
    group: Group, predictions: Predictions, folds: np.ndarray[tuple[int], np.dtype[np.int_]], odd: int
) -> tuple[str, str]:
    """Whether it is the films or the training, and what to type in either case."""
    first, probe = best_trials(group.rows, 1).iloc[0], predictions.baselines.get("linear probe")
    run = group.run(first["run"])
    losses = film_losses(group.task, predictions.truth, probe) if probe is not None else None
    if losses is not None and _odd(by_fold(losses, predictions, folds)) == odd:
        return "So it is for the linear probe: its films are others.", command("audit", run.provenance.arrays)
    again = command_for(run, "rerun", trial=int(first["number"]), fold=odd, seeds=1)
    return "For the linear probe it is not: it may be the training, which another seed shows.", again
