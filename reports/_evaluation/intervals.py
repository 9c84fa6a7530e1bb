"""Whether the intervals that a card promises hold on films from elsewhere, and how wide they are.

promise_rows(evaluated, by_film(evaluated))        # by film, by patient
coverage_by_label(evaluated, by_film(evaluated))    # for whom they hold
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.by_label import panels_by_label
from reports._drawing.figures import Panel
from reports._drawing.metrics import metric_of
from reports._evidence.by_label import rows_by_label
from reports._evidence.coverage import COLUMNS, coverage_rows
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged
from trials.evaluated import Evaluated
from xrays.statistics.by_patient import films_each, half_widths


def promise_rows(evaluated: Evaluated, film: Judged, patient: Judged | None) -> pd.DataFrame:
    """One row a figure (coverage, width) by film and by patient, none without an interval. of: a film, a patient;
    level: the share that is promised."""
    rows = list[tuple[object, ...]]()
    if evaluated.around is not None:
        truth, said = film.predictions.truth, film.predictions.predicted
        holds, half = evaluated.around.covers(truth, said), evaluated.around.half_width(said)
        rows += coverage_rows("film", evaluated.around.level, holds, half, film.predictions.groups)
    if evaluated.around is not None and patient is not None:
        truth, said = patient.predictions.truth, patient.predictions.predicted
        half = half_widths(said, films_each(evaluated.groups), evaluated.around, evaluated.around_patient)
        holds = np.abs(truth - said) <= half
        rows += coverage_rows("patient", evaluated.around.level, holds, half, patient.predictions.groups)
    return pd.DataFrame([(evaluated.task.name, *row) for row in rows], columns=COLUMNS)


def coverage_by_label(evaluated: Evaluated, film: Judged) -> pd.DataFrame:
    """Rows of `rows_by_label`: shares of films whose interval holds."""
    if evaluated.around is None:
        return pd.DataFrame()
    found = film.predictions
    holds = evaluated.around.covers(found.truth, found.predicted).astype(np.float64)
    return rows_by_label(found, film.task, film.labels, holds, shares=True)


def show_by_label(table: pd.DataFrame) -> list[Panel]:
    """In %: a figure and a table for each label that is a number."""
    return panels_by_label(table, metric_of(task_of(table), "coverage"))
