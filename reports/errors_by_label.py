"""For whom the prediction is far off: the mean absolute error by bands of numbers and by classes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.by_label import panels_by_label
from reports._drawing.figures import Panel
from reports._drawing.metrics import metric_of
from reports._drawing.quality import AS_ABOVE, IN_PAPER
from reports._evidence.by_label import COLUMNS, rows_by_label
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, winner
from reports._section import Section
from xrays.patients import FEW

SECTION = Section(
    order=22,
    title="Error by {slices}",
    kinds=("regression",),
    note="Points are mean absolute errors of the best trial, bars their 95 % intervals over patients; where two "
    f"bars overlap much, the data do not tell the two apart. Cells with fewer than {FEW} patients have no number. "
    + AS_ABOVE,
    paper=f"Mean absolute errors of the best trial. {IN_PAPER}",
)


def data(group: Group | Judged) -> pd.DataFrame:
    """The rows of `rows_by_label`: mean absolute errors in the label's unit."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    return rows_by_label(predictions, group.task, group.labels, np.abs(predictions.predicted - predictions.truth))


def show(table: pd.DataFrame) -> list[Panel]:
    """Errors in the label's unit: a figure and a table for each label that is a number."""
    return panels_by_label(table, metric_of(task_of(table), "mae"))
