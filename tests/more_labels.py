"""Two labels that the project has not, and what would predict them: nothing may be tied to age and gender.

def test_something(monkeypatch):
    add(monkeypatch)                  # beside age and gender
    put_in_place(monkeypatch)         # as the only ones
"""

from __future__ import annotations

import pytest

from xrays.labels import LABELS, Label
from xrays.tasks import TASKS, Task

VIEW = Task(
    name="view_position",
    label=Label(name="view_position", kind="binary", class_names=("PA", "AP")),
    objective="accuracy",
    direction="max",
    metrics=("accuracy", "auc"),
)
HEART = Task(
    name="heart_width",
    label=Label(
        name="heart_width",
        kind="number",
        unit="mm",
        least=50,
        most=250,
        ends=("narrower", "wider"),
        extremes=("narrow", "wide"),
        edges=(100, 120, 140, 160),
    ),
    objective="mae",
    direction="min",
    metrics=("mae", "rmse", "r2"),
    center=130.0,
    scale=20.0,
    tolerances=(4,),
)
MORE = {task.name: task for task in (VIEW, HEART)}


def add(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the rest of the test."""
    for name, task in MORE.items():
        monkeypatch.setitem(LABELS, name, task.label)
        monkeypatch.setitem(TASKS, name, task)


def put_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the rest of the test there is nothing else."""
    for known in (LABELS, TASKS):
        for name in reversed(list(known)):  # what is taken away last comes back first: the order stays
            monkeypatch.delitem(known, name)
    add(monkeypatch)
