"""Whether intervals around answers hold, as a table: one row by film, one by patient.

panels = show_coverage(table)        # of `coverage_rows`
"""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from xrays.tasks import Task


def show_coverage(task: Task, table: pd.DataFrame) -> list[Panel]:
    """A row for each kind of answer."""
    rows = []
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
