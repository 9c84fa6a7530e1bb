"""What changes when a film is called positive from another probability on, and which a stated criterion chooses."""

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
from reports._evidence.winner import Judged, Predictions, estimates, winner
from reports._section import Section
from xrays.statistics.classification import counted, threshold_figures
from xrays.statistics.operating_points import CRITERIA, LEAST, USUAL, chosen, unseen

SECTION = Section(
    order=30,
    title="Thresholds",
    kinds=("binary",),
    note="The higher the threshold, the fewer films are called {positive}: sensitivity falls and specificity rises. "
    "All figures elsewhere use 0.5. Whoever needs another one states why and finds it in the second table (Youden's "
    "index: the largest sum of sensitivity and specificity; of those that are sensitive enough the most specific, "
    "and the other way round). The threshold is what the criterion chooses on all these films; the figures are of "
    "thresholds chosen on other patients' films, a fifth of the patients after the other, as those on its own films "
    "would be too good. The last two columns depend on how many films are {positive}: they hold for the mixture of "
    "these data only. In brackets the 95 % interval over patients. " + AS_ABOVE,
)
COLUMNS = ["task", "criterion", "threshold", "figure", "value", "low", "high"]
WORDS = {
    "accuracy": "most films right",
    "youden": "Youden's index",
    "sensitive": f"sensitivity ≥ {100 * LEAST:g} %",
    "specific": f"specificity ≥ {100 * LEAST:g} %",
}
THRESHOLDS = tuple(round(0.1 * step, 1) for step in range(1, 10))
FIGURES = (
    "called_positive", "accuracy", "balanced_accuracy", "sensitivity", "specificity", "positive_value",
    "negative_value",
)  # fmt: skip


def data(group: Group | Judged) -> pd.DataFrame:
    """One row a threshold and figure; criterion: of CRITERIA, whose figures are of thresholds that other patients'
    films chose, "" for those in steps. gain: of accuracy over that at USUAL, on the same resamples, steps alone."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    shares = {
        (threshold, name): films
        for threshold in THRESHOLDS
        for name, films in counted(predictions.truth, predictions.predicted, threshold).items()
    }
    figures = estimates(partial(_figures, predictions.truth, predictions.predicted), predictions.groups, shares)
    rows = [(group.task.name, "", *key, *estimate) for key, estimate in figures.items()]
    rows += [(group.task.name, *row) for criterion in CRITERIA for row in _chosen(predictions, criterion)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _chosen(predictions: Predictions, criterion: str) -> list[tuple[str, float, str, float, float, float]]:
    truth, predicted = predictions.truth, predictions.predicted
    threshold, own = chosen(criterion, truth, predicted), unseen(criterion, truth, predicted, predictions.groups)
    if threshold is None or own is None:
        return []
    above = predicted - own
    figures = estimates(
        lambda weights: threshold_figures(truth, above, weights, (0.0,))[0],
        predictions.groups,
        counted(truth, above, 0.0),
    )
    return [(criterion, threshold, name, *figures[name]) for name in FIGURES]


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
    """Two tables, one column a figure: one row a threshold in steps, one a criterion."""
    stepped, by_criterion = table[table["criterion"] == ""], table[table["criterion"] != ""]
    steps = [[text(f"{at:.1f}"), *_cells(of)] for at, of in stepped.groupby("threshold")]
    head = [metric_of(task_of(table), name).heading for name in FIGURES]
    panels: list[Panel] = [html_table("Thresholds in steps", ["Threshold", *head], steps)]
    if len(by_criterion):
        rows = [
            [text(WORDS[str(name)]), Number(f"{of['threshold'].iloc[0]:.2f}"), *_cells(of)]
            for name, of in by_criterion.groupby("criterion", sort=False)
        ]
        panels.append(html_table("Thresholds by a criterion", ["Criterion", "Threshold", *head], rows))
    return panels


def _cells(of_threshold: pd.DataFrame) -> list[Number]:
    task = task_of(of_threshold)
    cells = {row["figure"]: (row["value"], row["low"], row["high"]) for row in of_threshold.to_dict("records")}
    return [Number(text(metric_of(task, name).within(*cells[name]))) for name in FIGURES]
