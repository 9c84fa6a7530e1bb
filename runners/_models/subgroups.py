"""For whom a model's answers are wrong: its score by bands of numbers and by classes, as a card has it.

rows = subgroups(task, films.labels, truth, predicted, films.groups)
rows[0]          # {"label": "age", "group": "20–29", "films": 64, "patients": 51, "value": 7.9, "low": 6.8, …}
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.selection import FILM_LOSSES
from xrays.label_values import Labels, at_rows, groups_of
from xrays.labels import LABELS, Label
from xrays.patients import FEW, whose
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.tasks import Task


def subgroups(
    task: Task,
    labels: Labels,
    truth: NDArray[np.floating],
    predicted: NDArray[np.floating],
    groups: NDArray[np.str_],
) -> list[dict[str, Any]]:
    """A row a group of a label that some film is in, the task's own label first; a film without the label is in none.

    labels: name -> (N,); truth, predicted: (N,), NaN where there is none; groups: (N,) patients. value: the task's
    objective on the group's films, low, high: its 95 % interval over patients; all None with fewer than FEW of them,
    which are films of unknown patients, too. Of an objective that is no mean over films there are no rows."""
    loss, known = FILM_LOSSES.get(task.objective), np.isfinite(truth) & np.isfinite(predicted)
    if loss is None or not known.any():
        return []
    losses = loss(truth[known].astype(np.float32), predicted[known].astype(np.float32))
    values = losses if task.direction == "min" else 1 - losses
    own, patients = at_rows(labels, known), groups[known]
    present = [label for name, label in LABELS.items() if name in own]
    cells = [
        (label, name, groups_of(label, own[label.name]) == number)
        for label in sorted(present, key=lambda label: label != task.label)
        for number, name in enumerate(label.group_names)
    ]
    cells = [cell for cell in cells if cell[2].any()]
    if not cells:
        return []
    members = np.stack([of for _, _, of in cells], axis=1)
    centre = means(values, members, np.ones((1, len(values))))[0]
    drawn = means(values, members, resamples(patients))
    return [
        _row(task, label, name, float(centre[place]), drawn[:, place], patients[members[:, place]])
        for place, (label, name, _) in enumerate(cells)
    ]


def _row(
    task: Task,
    label: Label,
    name: str,
    value: float,
    drawn: NDArray[np.floating],
    patients: NDArray[np.str_],
) -> dict[str, Any]:
    of = whose(patients)
    row: dict[str, Any] = {"label": label.name, "group": name, "films": of.films, "patients": of.groups}
    if of.groups < FEW:
        return {**row, "value": None, "low": None, "high": None}
    ends = share_interval(value, drawn, of.groups) if task.direction == "max" else interval(drawn)
    low, high = ends if np.isfinite(ends).all() else (None, None)
    return {**row, "value": value, "low": low, "high": high}
