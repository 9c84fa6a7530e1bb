"""For whom the gender is wrong: accuracy by age band, and of each gender by itself."""

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
    order=27,
    title="Accuracy by age band",
    tasks=("gender",),
    note="Points are shares of films that the best trial labels correctly, bars their 95 % intervals over patients; "
    "where two bars overlap much, the data do not tell the two apart. Of male films alone the share is the "
    f"sensitivity, of female films the specificity. Cells with fewer than {FEW} patients have no number. " + AS_ABOVE,
    empty="",
)


def data(group: Group) -> pd.DataFrame:
    """One row an age band and gender: films, patients, accuracy with its interval. No row where no age is known."""
    found = winner(group)
    if found is None:
        return pd.DataFrame(columns=COLUMNS)
    right = (found.predicted >= 0.5) == (found.truth == 1)
    return band_rows(found, group.task, right.astype(np.float64), shares=True)


def show(table: pd.DataFrame) -> list[Panel]:
    return band_panels(table, metric_of(task_of(table), "accuracy"))
