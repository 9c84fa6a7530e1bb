"""How much of the error is a pull to the mean, and what is left, or added, when it is taken away."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.words import phrase
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Estimate, estimates, winner
from reports._section import Section
from xrays.statistics.regression import FLATTEST, corrected, pull, regression_figures

SECTION = Section(
    order=23,
    title="Regression to the mean",
    kinds=("regression",),
    note="A model that is unsure answers near the mean {label}, so the {low} come out too {high} and the {high} too "
    "{low}. The slope says how many {unit} predictions rise by for each true {one_unit}: 1 without this pull. "
    "Corrected predictions are stretched by the line that was fitted on the other folds. The correction takes the "
    "trend away and makes single errors larger, so the raw figures remain those to report; compare corrected "
    "{label}s with each other only. The intervals of the corrected figures take those lines as given.",
)
COLUMNS = ["task", "figure", "model", "value", "low", "high"]
RAW, CORRECTED = "as predicted", "corrected"
FIGURES = ("slope", "mae", "rmse")
FLAT = (
    f"predictions that rise by less than {FLATTEST:g} {{unit}} for each true {{one_unit}} say too little of "
    "{label} to be stretched, and with one fold there are no others to fit the line on."
)


def data(group: Group) -> pd.DataFrame:
    """One row a figure, as predicted and corrected. The latter is NaN where no line can be turned round: there is one
    fold alone, or predictions that hardly rise with the truth."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    stretched = np.empty(len(predictions.truth))
    for repeat in np.unique(predictions.repeat):
        own = predictions.repeat == repeat  # in the others the film has a part in its own correction
        stretched[own] = corrected(predictions.truth[own], predictions.predicted[own], predictions.folds[own])
    both = {
        RAW: estimates(partial(_figures, predictions.truth, predictions.predicted), predictions.groups),
        CORRECTED: dict.fromkeys(FIGURES, Estimate(*[np.nan] * 3)),
    }
    if np.isfinite(stretched).all():
        both[CORRECTED] = estimates(partial(_figures, predictions.truth, stretched), predictions.groups)
    rows = [(group.task.name, name, model, *figures[name]) for name in FIGURES for model, figures in both.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _figures(
    truth: NDArray[np.floating], predicted: NDArray[np.floating], weights: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    return {**regression_figures(truth, predicted, weights), "slope": pull(truth, predicted, weights)}


def show(table: pd.DataFrame) -> list[Panel]:
    """The figures as predicted and corrected, and why not, where they were not corrected."""
    cells = {
        (row["figure"], row["model"]): Estimate(row["value"], row["low"], row["high"])
        for row in table.to_dict("records")
    }
    task, rows = task_of(table), []
    for name in FIGURES:
        metric = metric_of(task, name)
        shown = [metric.within(*cells[name, model]) for model in (RAW, CORRECTED)]
        rows.append([text(metric.heading), *(Number(text(each)) for each in shown)])
    head = ["Figure (95 % interval)", RAW.capitalize(), CORRECTED.capitalize()]
    panels: list[Panel] = [html_table("Regression to the mean", head, rows)]
    if np.isnan(cells["slope", CORRECTED].value):
        panels.append(Html(f"<p>Not corrected: {text(phrase(FLAT, task))}</p>"))
    return panels
