"""The table of figures of the best trial beside those of the baselines: the same for every task.

panels = figure_table(task, table, few=10)           # table: of `figure_rows`
"""

from __future__ import annotations

import pandas as pd

from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import MISSING
from reports._drawing.words import enumeration
from xrays.patients import WHOSE, Whose
from xrays.tasks import Task

NONE = "No complete trial with predictions on disk yet."
PICKED = (
    "Every prediction is made by a network trained on the other folds. The trial was picked as the best on these "
    "same films, so the figures are optimistic."
)
# Where such figures stand alone.
IN_PAPER = (
    "In brackets 95 % intervals from drawing patients again, with all their films. Predictions are out of fold, of "
    "the trial that was picked on these same films, so the figures are optimistic."
)
# For the other sections of the same predictions.
AS_ABOVE = "Films and predictions are those of the figures above: out of fold, of the trial that was picked on them."


def figure_table(task: Task, table: pd.DataFrame, few: int) -> list[Html]:
    """How many films there are, and the table: one row a figure, one column a model. few: patients, with fewer than
    which there is no basis for a judgement."""
    of = Whose(*table[list(WHOSE)].iloc[0].astype(int))
    models = list(table["model"].unique())
    metrics = {str(name): metric_of(task, str(name)) for name in table["figure"].unique()}
    cells = {
        (row["figure"], row["model"]): metrics[row["figure"]].within(row["value"], row["low"], row["high"])
        for row in table.to_dict("records")
    }
    rows = [
        [
            text(metric.heading),
            *(Number(text(cells.get((name, model), MISSING))) for model in models),
        ]
        for name, metric in metrics.items()
    ]
    warning = f" Fewer than {few} patients: no basis for a judgement." if of.groups < few else ""
    counted = f"<p>{of}.{warning}</p>"
    meanings = join(
        f"<div><dt>{text(metric.label)}</dt><dd>{text(metric.meaning)}</dd></div>" for metric in metrics.values()
    )
    return [
        Html(counted),
        html_table(f"Figures of {enumeration(models)}", ["Figure (95 % interval)", *models], rows),
        Html(f"<details><summary>What the figures are</summary><dl>{meanings}</dl></details>"),
    ]
