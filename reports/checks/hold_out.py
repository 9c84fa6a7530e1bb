"""A hold-out that came out otherwise than cross-validation had led to expect."""

from __future__ import annotations

import math

from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from trials.best import best_trials

CHECK = Check(
    order=50,
    title="Hold-out as expected",
    section="answer",
    why="The score corrected for picking the best against the first look at the hold-out with that trial, trained on "
    "the films of all folds: further apart than 1.96 standard errors of both together, from their 95 % intervals.",
)
NORMAL = 1.96


def look(group: Group) -> Finding:
    """A problem where the hold-out is worse, a hint where it is better."""
    first, choice = best_trials(group.rows, 1), group.choice
    if first.empty or choice is None or not all(map(math.isfinite, choice.interval)):
        return Finding("not applicable", "There is no score of cross-validation to compare the hold-out with.")
    openings = [
        opening
        for opening in group.run(first["run"].iloc[0]).openings()
        if opening["trial"] == first["number"].iloc[0]
        and opening.get("way", "refit") == "refit"
        and opening.get("interval")
    ]
    if not openings:
        return Finding("not applicable", "The hold-out was not opened for the best trial by itself.")
    score, (low, high) = openings[0]["metrics"][group.task.objective], openings[0]["interval"]
    error = math.hypot(choice.interval.high - choice.interval.low, high - low) / (2 * NORMAL)
    metric = objective_of(group.task)
    said = (
        f"{metric.label} {metric.with_unit(metric.within(score, low, high))} on the hold-out, "
        f"{metric.within(choice.corrected, *choice.interval)} expected from cross-validation"
    )
    if abs(score - choice.corrected) <= NORMAL * error:
        return Finding("passed", f"{said}: no more apart than luck.")
    if group.task.better(score, choice.corrected):
        return Finding(
            "hint",
            f"{said}: the hold-out is easier.",
            "It may hold other films than the folds: see their labels below.",
        )
    return Finding(
        "problem",
        f"{said}: worse than luck explains.",
        "Its films may be others than those of the folds, or the folds may share what the hold-out lacks (a patient, "
        "a machine): what new films would come to is rather the score of the hold-out.",
    )
