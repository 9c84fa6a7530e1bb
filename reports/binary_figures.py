"""How good the best model of two classes is: every figure with an interval, beside the baselines."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.html import Html
from reports._drawing.quality import IN_PAPER, NONE, PICKED, figure_table
from reports._evidence.groups import Group
from reports._evidence.quality import COLUMNS, figure_rows
from reports._evidence.rows import task_of
from reports._evidence.winner import Estimate, Judged, Predictions, estimates, winner
from reports._section import Section
from xrays.patients import FEW
from xrays.statistics.classification import auc, brier, counted, threshold_figures
from xrays.statistics.delong import delong_interval

SECTION = Section(
    order=24,
    title="How good the best trial is",
    kinds=("binary",),
    note="In brackets the 95 % interval: how far the figure would move with other patients (patients are drawn again "
    "a thousand times, with all their films). A film is called {positive} from a probability of 0.5 on. The films of "
    "all folds are taken together, so figures may differ a little from the means over folds above. " + PICKED,
    empty=NONE,
    paper=IN_PAPER,
)
SHOWN = ("accuracy", "balanced_accuracy", "auc", "sensitivity", "specificity", "brier")


def data(group: Group | Judged) -> pd.DataFrame:
    """One row a model (the best trial, the baselines) and figure: value, low, high in the metric's own unit."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    return figure_rows(
        predictions,
        group.task,
        {name: _model(predictions, predicted) for name, predicted in predictions.models().items()},
        SHOWN,
    )


def _model(predictions: Predictions, predicted: NDArray[np.float64]) -> dict[str, Estimate]:
    figures = estimates(
        partial(_figures, predictions.truth, predicted), predictions.groups, counted(predictions.truth, predicted)
    )
    if predictions.whose.groups == len(predictions.truth):  # each has one film, which is predicted once
        figures["auc"] = Estimate(figures["auc"].value, *delong_interval(predictions.truth, predicted))
    return figures


def _figures(
    truth: NDArray[np.float64], predicted: NDArray[np.float64], weights: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    return {
        **threshold_figures(truth, predicted, weights)[0],
        "auc": auc(truth, predicted, weights),
        "brier": brier(truth, predicted, weights),
    }


def show(table: pd.DataFrame) -> list[Panel]:
    """The table of figures, and how the interval of the AUC was made."""
    single, again = bool((table["films"] == table["groups"]).all()), bool((table["repeats"] > 1).any())
    known = "" if not table["unknown"].any() else "known "
    how = (
        "The interval of the AUC, too, is from drawing patients again, with all predictions of a film."
        if again
        else f"The interval of the AUC is DeLong's, as every {known}patient has one film."
        if single
        else "Some have several films, so the interval of the AUC, too, is from drawing patients again "
        "(DeLong's formula would make it too short)."
    )
    return [*figure_table(task_of(table), table, FEW), Html(f"<p class='note'>{how}</p>")]
