"""Whether films can be searched on for a task: every fold must have some to score on.

check_labels(arrays, plan, "gender")
"""

from __future__ import annotations

import numpy as np

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan, make_plan, unscorable
from xrays.next_command import command
from xrays.splits import USUAL, Splits
from xrays.tasks import TASKS, Task, task_named


def check_labels(arrays: XrayArrays, plan: FoldPlan, name: str, splits: Splits = USUAL) -> None:
    """Every fold needs films of the task, and for a binary one both classes. Raises UserError."""
    task = task_named(name)
    labels = arrays.targets(task)
    for fold in unscorable(task, labels, plan.assignment):
        of_fold = labels[plan.fold(fold)]
        counts = [f"{(of_fold == value).sum()} {word}" for value, word in enumerate(task.class_names)]
        raise UserError(
            f"--task {name}: fold {fold} of {arrays.path} has "
            f"{' and '.join(counts) or np.isfinite(of_fold).sum()} films with that label",
            "at least two films in every fold, of both classes if there are classes",
            _searchable(arrays, plan, name, splits),
        )


def _searchable(arrays: XrayArrays, plan: FoldPlan, name: str, splits: Splits) -> str:
    """The search that these films do serve: the task in fewer repeats or folds, or else another task."""
    task = TASKS[name]
    # The repeats before the first bad fold are those of a plan with no more.
    if whole := unscorable(task, arrays.targets(task), plan.assignment)[0] // plan.folds:
        return _command(arrays, task, plan.folds, whole, splits)
    for folds in range(plan.folds - 1, 1, -1):
        fewer = make_plan(arrays, folds=folds, splits=splits)
        if not unscorable(task, arrays.targets(task), fewer.assignment):
            return _command(arrays, task, folds, 1, splits)
    for other in TASKS.values():
        if not unscorable(other, arrays.targets(other), plan.assignment):
            return _command(arrays, other, plan.folds, plan.repeats, splits)
    if splits.stress:
        return "the same command without --stress"
    return f"{command('prepare', 'DIR')}   (with more films that have a label)"


def _command(arrays: XrayArrays, task: Task, folds: int, repeats: int, splits: Splits) -> str:
    repeated = repeats if repeats > 1 else None
    return command("search", task=task.name, data=arrays.path, folds=folds, repeats=repeated, **splits.options())
