"""What changes when a film is called positive from another probability on."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.quality import AS_ABOVE
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Estimate, Judged, estimates, winner
from reports._section import Section
from xrays.statistics.classification import counted, threshold_figures

SECTION = Section(
    order=28,
    title="Thresholds",
    kinds=("binary",),
    note="The higher the threshold, the fewer films are called {positive}: sensitivity falls and specificity rises. "
    "All figures use 0.5; a threshold that is picked here for its accuracy has to prove itself on other films. The "
    "last two columns depend on how many films are {positive}: they hold for the mixture of these data only. In "
    "brackets the 95 % interval over patients. " + AS_ABOVE,
)
COLUMNS = ["task", "threshold", "figure", "value", "low", "high"]
USUAL = 0.5
THRESHOLDS = tuple(round(0.1 * step, 1) for step in range(1, 10))
FIGURES = (
    "called_positive", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "positive_value",
    "negative_value",
)  # fmt: skip


def data(group: Group | Judged) -> pd.DataFrame:
    """One row a threshold and figure; gain: of accuracy over that at USUAL, on the same resamples."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    shares = {
        (threshold, name): films
        for threshold in THRESHOLDS
        for name, films in counted(predictions.truth, predictions.predicted, threshold).items()
    }
    figures = estimates(partial(_figures, predictions.truth, predictions.predicted), predictions.groups, shares)
    rows = [(group.task.name, *key, *estimate) for key, estimate in figures.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def _figures(
    truth: NDArray[np.float64], predicted: NDArray[np.float64], weights: NDArray[np.floating]
) -> dict[tuple[float, str], NDArray[np.floating]]:
    at = threshold_figures(truth, predicted, weights, THRESHOLDS)
    usual = at[THRESHOLDS.index(USUAL)]["accuracy"]
    return {
        (threshold, name): of_threshold[name]
        for threshold, figures in zip(THRESHOLDS, at, strict=True)
        for of_threshold in [{**figures, "gain": figures["accuracy"] - usual}]
        for name in (*FIGURES, "gain")
    }


def show(table: pd.DataFrame) -> list[Panel]:
    """The table: one row a threshold, one column a figure."""
    metrics = {name: metric_of(task_of(table), name) for name in FIGURES}
    rows = []
    for threshold, of_threshold in table.groupby("threshold"):
        cells = {
            row["figure"]: Estimate(row["value"], row["low"], row["high"]) for row in of_threshold.to_dict("records")
        }
        shown = [metric.within(*cells[name]) for name, metric in metrics.items()]
        rows.append([text(f"{threshold:.1f}"), *(Number(text(each)) for each in shown)])
    return [html_table("Thresholds", ["Threshold", *(metric.heading for metric in metrics.values())], rows)]
