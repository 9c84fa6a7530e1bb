"""For whom the age is far off: the mean absolute error by age band and gender."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.by_label import band_panels
from reports._drawing.figures import Panel
from reports._drawing.metrics import metric_of
from reports._drawing.quality import AS_ABOVE
from reports._evidence.by_label import COLUMNS, band_rows
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import FEW, winner
from reports._section import Section

SECTION = Section(
    order=22,
    title="Error by age band and gender",
    tasks=("age",),
    note="Points are mean absolute errors of the best trial, bars their 95 % intervals over patients; where two "
    f"bars overlap much, the data do not tell the two apart. Cells with fewer than {FEW} patients have no number. "
    + AS_ABOVE,
    empty="",
)


def data(group: Group) -> pd.DataFrame:
    """One row an age band and gender: films, patients, MAE in years with its interval."""
    found = winner(group)
    if found is None:
        return pd.DataFrame(columns=COLUMNS)
    return band_rows(found, group.task, np.abs(found.predicted - found.truth))


def show(table: pd.DataFrame) -> list[Panel]:
    return band_panels(table, metric_of(task_of(table), "mae"))
