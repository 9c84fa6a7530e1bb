"""The ablations of a group as paired differences: every film is predicted by both arms, from the same folds.

rows = arm_rows(group)          # one dict a run and arm, the arm "as found" left out
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports._evidence.groups import Group
from trials.ablation import Arm, ArmPart, ablated, arm_parts, arms_of
from trials.best import best_trials
from trials.commands import command_for
from trials.final import leading
from trials.parts import predictions_of
from trials.selection import FILM_LOSSES
from trials.store import RunStore
from xrays.patients import whose
from xrays.statistics.blocks import CellNoise, noises
from xrays.statistics.bootstrap import interval, resamples

# (repeat, fold) -> (N,) what each film adds to the score, NaN where it has no label or no prediction.
Shares = Mapping[tuple[int, int], NDArray[np.float64]]


def arm_rows(group: Group) -> list[dict[str, Any]]:
    """reference, score: of the winner and of the arm, on the films that both have predicted; difference: the second
    less the first. low, high: its 95 % interval, the wider one of two: how the difference moves with other patients,
    and how it moves from fold to fold (which has the luck of training in it); NaN before all folds are there.
    worse: folds on which the arm is the worse one, of `folds` that are there and the `of` that a repeat has; learned:
    whether the winner is better than the constant predictor; current: whether it still is the run's best, leading:
    whether it is the best of all runs. An arm without a fold has NaN and the error that ended it. No rows for an
    objective that is no mean over films."""
    if group.task.objective not in FILM_LOSSES:
        return []
    return [row for store in group.runs for row in _of_run(group, store)]


def _of_run(group: Group, store: RunStore) -> list[dict[str, Any]]:
    trials, folds = ablated(store.path), store.experiment.folds
    if not trials:
        return []
    first = leading(store)
    best = first.result if first else None
    number = best.number if best and best.number in trials else trials[-1]
    reference, *others = arms_of(store.path, number)
    winner, same = best_trials(group.rows, 1), group.choice.same if group.choice else {}
    key = (store.path.name, number)
    shared = {
        "of": folds,
        "run": store.path.name,
        "trial": number,
        "command": command_for(store, "ablate"),
        "current": bool(best and best.number == number),
        "leading": len(winner) > 0 and (winner["run"].iloc[0], winner["number"].iloc[0]) in (key, same.get(key)),
    }
    parts = arm_parts(store.path)
    constants = [
        fmean(fold.metrics[group.task.objective] for fold in baseline.folds)
        for baseline in store.baselines()
        if baseline.name == "constant"
    ]
    shares_of_arms = [_shares(group, store.path, parts, arm) for arm in (reference, *others)]
    noise = _noises(shares_of_arms, folds)
    errors = {part.configuration: part.error for part in reversed(parts) if part.error}
    rows = []
    for place, (arm, shares) in enumerate(zip(others, shares_of_arms[1:], strict=True), 1):
        named = {"kind": arm.kind, "operation": arm.operation, "operations": ", ".join(arm.operations)}
        error = errors.get(arm.configuration) or errors.get(reference.configuration, "")
        compared = _compared(group, shares_of_arms[0], shares)
        if _has_all(shares_of_arms[0], folds) and _has_all(shares, folds):
            compared |= _interval(group, shares_of_arms[0], shares, noise[place])
        learned = all(group.task.better(compared["reference"], constant) for constant in constants)
        rows.append({**shared, **named, "error": error, "learned": learned, **compared})
    return rows


def _shares(group: Group, run: Path, parts: list[ArmPart], arm: Arm) -> Shares:
    task, shares = group.task, dict[tuple[int, int], NDArray[np.float64]]()
    truth, loss = group.films.targets(task), FILM_LOSSES[task.objective]
    for part in parts:
        if part.configuration == arm.configuration and part.score:
            predicted = predictions_of(run, part, len(truth))
            if predicted is not None:
                losses = loss(truth, predicted)
                share = losses if task.direction == "min" else 1.0 - losses
                known = np.isfinite(truth) & np.isfinite(predicted)
                shares[part.repeat, part.fold] = np.where(known, share, np.nan).astype(np.float64)
    return shares


def _has_all(shares: Shares, folds: int) -> bool:
    """The first repeat in full: what was trained of it is no choice of anybody."""
    return all((0, fold) in shares and np.isfinite(shares[0, fold]).any() for fold in range(folds))


def _noises(shares_of_arms: Sequence[Shares], folds: int) -> dict[int, CellNoise]:
    """By the place of an arm that has all folds, from the blocks (repeat and fold) that all of these have. The first
    arm is the reference."""
    whole = [place for place, shares in enumerate(shares_of_arms) if _has_all(shares, folds)]
    arms = [shares_of_arms[place] for place in whole]
    blocks = [block for block in (arms[0] if arms else ()) if all(block in arm for arm in arms)]
    scores = [[np.nanmean(arm[block]) for block in blocks] for arm in arms]
    return dict(zip(whole, noises(np.array(scores).reshape(len(arms), len(blocks))), strict=True))


def _changes(reference: Shares, arm: Shares) -> NDArray[np.float64]:
    """(blocks of both, N)."""
    return np.stack([arm[block] - reference[block] for block in arm if block in reference])


def _interval(group: Group, reference: Shares, arm: Shares, noise: CellNoise) -> dict[str, float]:
    changes = _changes(reference, arm)
    known = np.isfinite(changes)
    films = known.any(axis=0)
    # A film counts as often as it was predicted: once a repeat.
    total, times = np.where(known, changes, 0.0).sum(axis=0)[films], known.sum(axis=0)[films]
    drawn = resamples(group.films.groups[films])
    low, high = interval((drawn @ total) / (drawn @ times))
    difference, margin = total.sum() / times.sum(), noise.margin(len(changes))
    return {"low": float(np.fmin(low, difference - margin)), "high": float(np.fmax(high, difference + margin))}


def _compared(group: Group, reference: Shares, arm: Shares) -> dict[str, Any]:
    both = [block for block in arm if block in reference]
    counted: dict[str, Any] = {
        "folds": len(both),
        "repeats": len({repeat for repeat, _ in both}),
        "low": np.nan,
        "high": np.nan,
    }
    known = np.isfinite(_changes(reference, arm)) if both else np.empty((0, len(group.films.ids)), bool)
    films = known.any(axis=0)
    counted |= {"films": int(films.sum()), "whose": str(whose(group.films.groups[films]))}
    if not films.any():
        return {**counted, **dict.fromkeys(("difference", "reference", "score"), float("nan")), "worse": 0}
    base, score = (
        float(np.nanmean(np.stack([shares[block] for block in both])[known])) for shares in (reference, arm)
    )
    means = [float(np.nanmean(change)) for change in _changes(reference, arm) if np.isfinite(change).any()]
    worse = sum(group.task.loss(mean) > 0 for mean in means)
    return {**counted, "difference": score - base, "reference": base, "score": score, "worse": worse}
