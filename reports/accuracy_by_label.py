"""For whom the answer is wrong: accuracy by bands of numbers, and of each class by itself."""

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
    order=29,
    title="Accuracy by {other_slices}",
    kinds=("binary",),
    note="Points are shares of films that the best trial labels correctly, bars their 95 % intervals over patients; "
    "where two bars overlap much, the data do not tell the two apart. Of {positive} films alone the share is the "
    "sensitivity, of {negative} films the specificity. "
    f"Cells with fewer than {FEW} patients have no number. " + AS_ABOVE,
    paper="Shares of films that the best trial labels correctly. Of {positive} films alone that is the sensitivity, "
    f"of {{negative}} films the specificity. {IN_PAPER}",
)


def data(group: Group | Judged) -> pd.DataFrame:
    """The rows of `rows_by_label`: shares of films that are answered rightly; none where the films have no number."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    right = (predictions.predicted >= 0.5) == (predictions.truth == 1)
    return rows_by_label(predictions, group.task, group.labels, right.astype(np.float64), shares=True)


def show(table: pd.DataFrame) -> list[Panel]:
    """Accuracy in %: a figure and a table for each label that is a number."""
    return panels_by_label(table, metric_of(task_of(table), "accuracy"))
