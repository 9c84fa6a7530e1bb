"""Whether the intervals that a card promises hold on films from elsewhere, and how wide they are.

coverage_rows(evaluated, by_film(evaluated))        # by film, by patient
coverage_by_label(evaluated, by_film(evaluated))    # for whom they hold
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.by_label import panels_by_label
from reports._drawing.figures import Panel
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from reports._evidence.by_label import rows_by_label
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, estimates
from trials.evaluated import Evaluated
from xrays.statistics.by_patient import films_each, half_widths

COLUMNS = ["task", "of", "figure", "level", "value", "low", "high", "n"]


def coverage_rows(evaluated: Evaluated, film: Judged, patient: Judged | None) -> pd.DataFrame:
    """One row a figure (coverage, width) by film and by patient, none without an interval. of: a film, a patient;
    level: the share that is promised."""
    rows = list[tuple[object, ...]]()
    if evaluated.around is not None:
        truth, said = film.predictions.truth, film.predictions.predicted
        holds, half = evaluated.around.covers(truth, said), evaluated.around.half_width(said)
        rows += _rows("film", evaluated.around.level, holds, half, film.predictions.groups)
    if evaluated.around is not None and patient is not None:
        truth, said = patient.predictions.truth, patient.predictions.predicted
        half = half_widths(said, films_each(evaluated.groups), evaluated.around, evaluated.around_patient)
        holds = np.abs(truth - said) <= half
        rows += _rows("patient", evaluated.around.level, holds, half, patient.predictions.groups)
    return pd.DataFrame([(evaluated.task.name, *row) for row in rows], columns=COLUMNS)


def _rows(
    of: str, level: float, holds: NDArray[np.bool_], half: NDArray[np.float64], groups: NDArray[np.str_]
) -> list[tuple[object, ...]]:
    found = estimates(partial(_figures, holds, half), groups, {"coverage": np.ones(len(holds), np.bool_)})
    return [(of, name, level, *found[name], len(holds)) for name in found]


def _figures(
    holds: NDArray[np.bool_], half: NDArray[np.float64], weights: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    sums = weights @ np.stack([holds, 2 * half], axis=1).astype(weights.dtype)
    covered, width = (sums / weights.sum(axis=1)[:, None]).T
    return {"coverage": covered, "width": width}


def show_coverage(table: pd.DataFrame) -> list[Panel]:
    """A row by film, and one by patient."""
    task, rows = task_of(table), []
    for of, part in table.groupby("of", sort=False):
        cells = {row["figure"]: row for row in part.to_dict("records")}
        shown = [
            metric_of(task, name).within(*(cells[name][end] for end in ("value", "low", "high")))
            for name in ("coverage", "width")
        ]
        level = f"{100 * cells['coverage']['level']:g}"
        numbers = [count(cells["coverage"]["n"]), level, *shown]
        rows.append([text(f"one answer a {of}"), *(Number(text(each)) for each in numbers)])
    head = ["Answers", "How many", "Promised, %", *(metric_of(task, name).heading for name in ("coverage", "width"))]
    return [html_table("Intervals (95 % interval)", head, rows)]


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
