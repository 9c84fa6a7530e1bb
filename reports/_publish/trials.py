"""A search's trials, and the folds of complete ones, as entries of a tracking server.

for entry in trial_entries(group): …          # trial 0, trial 0 fold 0, …, in the order in which trials finished

Only a complete trial has the task's metrics by their own names, so that a table sorted by `mae` is the leaderboard
of what may be ranked; a fold has `fold_mae`, of which every trial has the curve. A pruned trial is told with the
curves of the folds that it has, which are no entries of their own: of a thousand trials a race leaves few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from statistics import fmean
from typing import Any

from reports._evidence.groups import Group
from reports._publish.entry import TOP, Entry, Point, Status, finite, milliseconds, tags
from trials.records import FoldScore, State, TrialResult
from xrays.next_command import worded
from xrays.tasks import Task

STATUS: Mapping[State, Status] = {
    "complete": "FINISHED",
    "pruned": "KILLED",
    "failed": "FAILED",
    "infeasible": "FAILED",
}


def trial_entries(group: Group) -> Iterator[Entry]:
    """Every trial of its only run that is finished, without repeated ones, each followed by its folds."""
    rows = {row["number"]: row for row in group.frame[group.frame["kind"] == "trial"].to_dict("records")}
    for result in group.runs[0].trials():
        if result.number in rows:
            yield _trial(result, rows[result.number], group.task)
            if result.state == "complete":
                yield from (_fold(result, fold, group.task) for fold in result.folds)


def trial_key(number: int) -> str:
    """Of the trial's entry."""
    return f"trial {number}"


def _trial(result: TrialResult, row: Mapping[Any, Any], task: Task) -> Entry:
    at = milliseconds(result.finished)
    said = {
        "level": "trial",
        "trial": result.number,
        "state": result.state,
        "label": result.label,
        "origin": result.origin,
        "failure": result.failure,
        "reduced_epochs": row["reduced"] or "",
        "seeds": len(row["seeds"]) or "",
    }
    facts = {
        "parameters": result.parameters,
        "ms_per_film": result.ms_per_film,
        "seconds": result.seconds,
        "epochs": result.epochs,
        f"probe_{task.objective}": row["probe"],
    }
    points = [Point(name, float(value), at=at) for name, value in facts.items() if value is not None]
    if result.state == "complete":
        for name in task.metrics:
            figures = {"": row["metrics"], "_sd": row["metrics_sd"], "_se": row["metrics_se"]}
            points += [Point(f"{name}{end}", float(figure[name]), at=at) for end, figure in figures.items()]
        points += _mean_curve(result.folds, task, at)
        if row["seeds"]:
            points += [Point(f"seed_{task.objective}", score, step, at) for step, score in enumerate(row["seeds"])]
            points.append(Point(f"seeds_{task.objective}", float(row["over_seeds"]["score"])))
    else:
        points += [point for fold in result.folds for point in _curve(fold, task, at, f"fold_{fold.fold}/")]
    for fold in result.complete_folds:
        points += _scores(fold, task, at)
    return Entry(
        key=trial_key(result.number),
        parent=TOP,
        name=trial_key(result.number) + (f", {result.label}" if result.label else ""),
        status=STATUS[result.state],
        began=milliseconds(result.started),
        ended=at,
        params={name: worded(value) for name, value in result.effective.items()},
        tags=tags(said),
        points=finite(*points),
    )


def _fold(result: TrialResult, fold: FoldScore, task: Task) -> Entry:
    """When it began is on no record: it stands at its trial's beginning, and takes as long as it took."""
    began = milliseconds(result.started)
    at = began + round(1000 * fold.seconds)
    facts = {"seconds": fold.seconds, "epochs": fold.epochs, "ms_per_film": fold.ms_per_film, "films": fold.films}
    points = [Point(name, float(value), at=at) for name, value in facts.items() if value is not None]
    said = {"level": "fold", "trial": result.number, "fold": fold.fold, "repeat": fold.repeat}
    return Entry(
        key=f"{trial_key(result.number)} fold {fold.fold}",
        parent=trial_key(result.number),
        name=f"fold {fold.fold}",
        status="FINISHED",
        began=began,
        ended=at,
        params={},
        tags=tags(said),
        points=finite(*points, *_scores(fold, task, at), *_curve(fold, task, at)),
    )


def _scores(fold: FoldScore, task: Task, at: int) -> list[Point]:
    return [Point(f"fold_{name}", fold.metrics[name], fold.fold, at) for name in task.metrics]


def _curve(fold: FoldScore, task: Task, at: int, within: str = "") -> list[Point]:
    named = {f"{within}epoch_{task.objective}": fold.curve, f"{within}epoch_loss": fold.losses}
    return [Point(name, value, epoch, at) for name, curve in named.items() for epoch, value in enumerate(curve, 1)]


def _mean_curve(folds: tuple[FoldScore, ...], task: Task, at: int) -> list[Point]:
    """Over the folds that have come as far."""
    named = {f"epoch_{task.objective}": [fold.curve for fold in folds], "epoch_loss": [fold.losses for fold in folds]}
    return [
        Point(name, fmean(value for value in values if value is not None), epoch, at)
        for name, curves in named.items()
        for epoch, values in enumerate(zip_longest(*curves), 1)
    ]
