"""A search that was still finding something when it ended, or has long found nothing."""

from __future__ import annotations

from typing import Any

import pandas as pd

from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from trials.best import best_trials, is_complete
from trials.commands import more_of

CHECK = Check(
    order=120,
    title="Still gaining",
    section="progress",
    why="A search still gained where the best of its first three quarters is behind the final one by more than luck "
    "with patients and the number of trials explain (it is not tied with it). From 20 trials on.",
)
LEAST, LATE, HALF = 20, 0.75, 0.5


def look(group: Group) -> Finding:
    """Of the run of the best trial: a hint where it should go on."""
    first = best_trials(group.rows, 1)
    if first.empty or group.choice is None:
        return Finding("not applicable", "No trial is complete.")
    run = group.run(first["run"].iloc[0])
    trials = group.rows[(group.rows["run"] == run.path.name) & (group.rows["kind"] == "trial")]
    if len(trials) < LEAST:
        return Finding("not applicable", f"{len(trials)} trials have finished; it is told from {LEAST} on.")
    early = _best_of(trials, LATE)
    if early is None:
        return Finding("not applicable", "No trial of its first three quarters is complete.")
    metric = objective_of(group.task)
    if not _as_good(group, first.iloc[0], early):
        shown = metric.with_unit(metric.value(early["score"]))
        final = metric.with_unit(metric.value(first["score"].iloc[0]))
        return Finding(
            "hint",
            f"The search still gained in its last quarter: from {shown} to {final}, which is more than luck.",
            "It goes on where it ended:",
            more_of(run, trials=max(int(run.budget().get("trials", 0)), len(trials) + len(trials) // 2)),
        )
    half = _best_of(trials, HALF)
    if half is not None and _as_good(group, first.iloc[0], half):
        return Finding(
            "passed",
            f"The search has long stopped gaining: after {count(len(trials) // 2)} of {count(len(trials))} trials it "
            "had one that is as good as its last best, for all that is known.",
            "On these films more trials of this space can hardly be told from it; more films, another space or other "
            "epochs may help.",
        )
    return Finding("passed", "Its last quarter has brought nothing that is more than luck.")


def _best_of(trials: pd.DataFrame, share: float) -> pd.Series[Any] | None:
    """The best complete one among the first of a run, by its own seed."""
    begun = trials.head(int(share * len(trials)))
    complete = begun[is_complete(begun)]
    return None if complete.empty else complete.sort_values("loss", kind="stable").iloc[0]


def _as_good(group: Group, best: pd.Series[Any], other: pd.Series[Any]) -> bool:
    key = (other["run"], other["number"])
    assert group.choice is not None
    return key in group.choice.tied or key in group.choice.same or key == (best["run"], best["number"])
