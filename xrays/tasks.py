"""What can be predicted from a film. The only place where a direction is stated.

    task = TASKS["age"]
    task.better(9.8, 10.4)        # True: a smaller error is better

A new task is a new row of TASKS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xrays.errors import UserError


@dataclass(frozen=True)
class Task:
    """One label and how a prediction of it is judged.

    label: which of a film's labels it predicts. `center` and `scale` (in the label's unit) standardise the target.
    They are constants, not statistics of a training fold, because a compiled graph is shared by all folds of a trial.
    """

    name: str
    label: str
    kind: Literal["regression", "binary"]
    objective: str
    direction: Literal["min", "max"]
    metrics: tuple[str, ...]
    unit: str
    center: float = 0.0
    scale: float = 1.0
    class_names: tuple[str, ...] = ()

    def better(self, a: float, b: float) -> bool:
        """Whether score `a` is strictly better than score `b`."""
        return a < b if self.direction == "min" else a > b

    def loss(self, score: float) -> float:
        """The score turned so that less is better, in the objective's unit."""
        return score if self.direction == "min" else -score


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            name="age",
            label="age",
            kind="regression",
            objective="mae",
            direction="min",
            metrics=("mae", "rmse", "r2"),
            unit="years",
            center=50.0,
            scale=19.0,
        ),
        Task(
            name="gender",
            label="gender",
            kind="binary",
            objective="accuracy",
            direction="max",
            metrics=("accuracy", "auc"),
            unit="",
            class_names=("female", "male"),
        ),
    )
}


def task_named(name: str) -> Task:
    """The task of that name, or a UserError that lists the names."""
    if name not in TASKS:
        raise UserError(f"--task {name}", " or ".join(TASKS), "python cli.py search --task age")
    return TASKS[name]
