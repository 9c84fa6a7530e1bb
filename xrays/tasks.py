"""What can be predicted from a film. The only place where a direction is stated.

    task = TASKS["age"]
    task.better(9.8, 10.4)        # True: a smaller error is better

A new task is a new row of TASKS, on a label of xrays/labels.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xrays.errors import UserError
from xrays.labels import LABELS, Label


@dataclass(frozen=True, kw_only=True)
class Task:
    """One label and how a prediction of it is judged.

    name: the word on the command line. label: what it predicts. objective: the one of `metrics` that searches
    improve, in `direction`. center, scale: standardise the target, in the label's unit. They are constants, not
    statistics of a training fold, because a compiled graph is shared by all folds of a trial. tolerances: errors, in
    the label's unit, of which a report tells how many films have no larger one.
    """

    name: str
    label: Label
    objective: str
    direction: Literal["min", "max"]
    metrics: tuple[str, ...]
    center: float = 0.0
    scale: float = 1.0
    tolerances: tuple[float, ...] = ()

    @property
    def kind(self) -> Literal["regression", "binary"]:
        """What the label makes of it: a number is regressed, of two classes the second's probability is predicted."""
        return "regression" if self.label.kind == "number" else "binary"

    @property
    def unit(self) -> str:
        """Of the label and of its errors, "" for classes."""
        return self.label.unit

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of class 0 and class 1, () in a regression."""
        return self.label.class_names

    @property
    def ends(self) -> tuple[str, str]:
        """What speaks for a smaller and for a larger prediction: of two classes they themselves."""
        return self.label.ends if self.kind == "regression" else (self.class_names[0], self.class_names[1])

    @property
    def output(self) -> str:
        """What a prediction is: the label's unit, or whose probability."""
        return self.unit if self.kind == "regression" else f"probability of {self.class_names[1]}"

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
            label=LABELS["age"],
            objective="mae",
            direction="min",
            metrics=("mae", "rmse", "r2"),
            center=50.0,
            scale=19.0,
            tolerances=(5, 10),
        ),
        Task(
            name="gender",
            label=LABELS["gender"],
            objective="accuracy",
            direction="max",
            metrics=("accuracy", "auc"),
        ),
    )
}


def task_named(name: str) -> Task:
    """The task of that name, or a UserError that lists the names."""
    if name not in TASKS:
        raise UserError(f"--task {name}", " or ".join(TASKS), f"--task {next(iter(TASKS))}")
    return TASKS[name]
