"""How often an interval around a predicted number holds, and for whom: fitted on other patients' residuals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.by_label import panels_by_label
from reports._drawing.coverage import show_coverage
from reports._drawing.figures import Panel
from reports._drawing.metrics import metric_of
from reports._drawing.quality import AS_ABOVE, IN_PAPER
from reports._evidence.by_label import COLUMNS as BY_LABEL
from reports._evidence.by_label import rows_by_label
from reports._evidence.coverage import COLUMNS, coverage_rows
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, winner
from reports._section import Section
from xrays.patients import FEW
from xrays.statistics.conformal import LEVEL, unseen

SECTION = Section(
    order=28,
    title="Intervals around predictions",
    kinds=("regression",),
    note=f"An exported model gives an interval around each answer, in which {100 * LEVEL:g} % of new films like "
    "these are to lie (conformal prediction). Here every film's interval comes from the errors on other patients' "
    "films, a fifth of the patients after the other, and is held against its true {label}: overall, and by {slices}, "
    "where it need not hold for each as it does on average. Bars are 95 % intervals over patients; cells with fewer "
    f"than {FEW} patients have no number. {AS_ABOVE}",
    paper=f"Intervals of conformal prediction, in which {100 * LEVEL:g} % of new films are to lie, each from the "
    f"errors on other patients' films. {IN_PAPER}",
)


def data(group: Group | Judged) -> pd.DataFrame:
    """Rows of `coverage_rows`, and of `rows_by_label` with shares of films whose interval holds; no rows where there
    are too few patients for an interval. part: overall, by_label."""
    columns = ["part", *COLUMNS, *(name for name in BY_LABEL if name not in COLUMNS)]
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=columns)
    half = unseen(predictions.truth, predictions.predicted, predictions.groups)
    if half is None:
        return pd.DataFrame(columns=columns)
    holds = np.abs(predictions.truth - predictions.predicted) <= half
    found = coverage_rows("film", LEVEL, holds, half, predictions.groups, predictions.whose.films)
    overall = [(group.task.name, *row) for row in found]
    by_label = rows_by_label(predictions, group.task, group.labels, holds.astype(np.float64), shares=True)
    parts = {"overall": pd.DataFrame(overall, columns=COLUMNS), "by_label": by_label}
    return pd.concat([part.assign(part=name) for name, part in parts.items()], ignore_index=True)[columns]


def show(table: pd.DataFrame) -> list[Panel]:
    """The overall figures, then a figure and a table for each label that is a number."""
    task, by_label = task_of(table), table.loc[table["part"] == "by_label", BY_LABEL]
    return [
        *show_coverage(task, table.loc[table["part"] == "overall", COLUMNS]),
        *panels_by_label(by_label, metric_of(task, "coverage")),
    ]
