"""The ablations of a group as paired differences: every film is predicted by both arms, from the same folds.

rows = measured(group)          # one dict a run and arm, the arm "as found" left out
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports._evidence.groups import Group
from trials.ablation import Arm, Part, ablated, arms_of, parts_of, predictions_of
from trials.records import best_trial
from trials.store import RunStore
from xrays.bootstrap import interval, resamples
from xrays.tasks import Task

# A film's share in the score, by the kind of task; and the score that it is.
METRIC = {"regression": "mae", "binary": "accuracy"}


def shares(task: Task, truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) what each film adds to the score: its absolute error, or whether it is labelled correctly; NaN where a
    label or a prediction is missing."""
    known = np.isfinite(truth) & np.isfinite(predicted)
    found = np.abs(predicted - truth) if task.kind == "regression" else (predicted >= 0.5) == (truth == 1)
    return np.where(known, found, np.nan).astype(np.float64)


def measured(group: Group) -> list[dict[str, Any]]:
    """reference, score: of the winner and of the arm, on the films that both have predicted; difference: the second
    less the first, low and high its 95 % interval; worse: folds on which the arm is the worse one, of `folds` that
    are there and the `of` that a repeat will have; learned: whether the winner is better than the constant predictor;
    current: whether it still is the run's best. An arm without a fold has NaN and the error that ended it."""
    return [row for store in group.runs for row in _of_run(group, store)]


def _of_run(group: Group, store: RunStore) -> list[dict[str, Any]]:
    trials = ablated(store.path)
    if not trials:
        return []
    best = best_trial(store.trials(), group.task)
    number = best.number if best and best.number in trials else trials[-1]
    reference, *others = arms_of(store.path, number)
    shared = {
        "of": store.experiment.folds,
        "run": store.path.name,
        "trial": number,
        "current": bool(best and best.number == number),
    }
    parts = parts_of(store.path)
    constants = [
        fmean(fold.metrics[group.task.objective] for fold in baseline.folds)
        for baseline in store.baselines()
        if baseline.name == "constant"
    ]
    found = _shares(group, store.path, parts, reference)
    errors = {part.configuration: part.error for part in reversed(parts) if part.error}
    rows = []
    for arm in others:
        own = {"kind": arm.kind, "operation": arm.operation, "operations": ", ".join(arm.operations)}
        error = errors.get(arm.configuration) or errors.get(reference.configuration, "")
        compared = _compared(group, found, _shares(group, store.path, parts, arm))
        learned = all(group.task.better(compared["reference"], constant) for constant in constants)
        rows.append({**shared, **own, "error": error, "learned": learned, **compared})
    return rows


Shares = Mapping[tuple[int, int], NDArray[np.float64]]


def _shares(group: Group, run: Path, parts: list[Part], arm: Arm) -> Shares:
    """(repeat, fold) -> (N,) what each film adds."""
    truth, found = group.films.labels(group.task), dict[tuple[int, int], NDArray[np.float64]]()
    for part in parts:
        if part.configuration == arm.configuration and part.score:
            predicted = predictions_of(run, part)
            if predicted is not None:
                found[part.repeat, part.fold] = shares(group.task, truth, predicted)
    return found


def _compared(group: Group, reference: Shares, arm: Shares) -> dict[str, Any]:
    both = [key for key in arm if key in reference]
    changes = np.stack([arm[key] - reference[key] for key in both]) if both else np.empty((0, len(group.films.ids)))
    known = np.isfinite(changes)
    films = known.any(axis=0)
    counted = {
        "folds": len(both),
        "repeats": len({repeat for repeat, _ in both}),
        "films": int(films.sum()),
        "patients": len(np.unique(group.films.groups[films])),
    }
    if not films.any():
        nothing = dict.fromkeys(("difference", "low", "high", "reference", "score"), float("nan"))
        return {**counted, **nothing, "worse": 0}
    # A film counts as often as it was predicted: once a repeat.
    total, times = (np.where(known, changes, 0.0).sum(axis=0)[films], known.sum(axis=0)[films])
    drawn = resamples(group.films.groups[films])
    low, high = interval((drawn @ total) / (drawn @ times))
    difference = float(total.sum() / times.sum())
    base = float(np.nanmean(np.stack([reference[key] for key in both])[known]))
    means = [float(np.nanmean(change)) for change in changes if np.isfinite(change).any()]
    return {
        **counted,
        "difference": difference,
        "low": low,
        "high": high,
        "reference": base,
        "score": base + difference,
        "worse": sum(group.task.loss(mean) > 0 for mean in means),
    }
