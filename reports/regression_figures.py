"""How good the best model of a number is: every figure with an interval, beside the baselines."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.quality import IN_PAPER, NONE, PICKED, figure_table
from reports._evidence.groups import Group
from reports._evidence.quality import COLUMNS, figure_rows
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, Predictions, estimates, winner
from reports._section import Section
from xrays.patients import FEW
from xrays.statistics.regression import regression_figures, weighted_median

SECTION = Section(
    order=20,
    title="How good the best trial is",
    kinds=("regression",),
    note="In brackets the 95 % interval: how far the figure would move with other patients (patients are drawn again "
    "a thousand times, with all their films). The films of all folds are taken together, so figures may differ a "
    "little from the means over folds above. " + PICKED,
    empty=NONE,
    paper=IN_PAPER,
)
FIRST, LAST = ("mae", "median_error", "rmse", "bias", "r2", "skill"), ("calibration_slope",)


def data(group: Group | Judged) -> pd.DataFrame:
    """One row a model (the best trial, the baselines) and figure: value, low, high in the metric's own unit."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    tolerances = group.task.tolerances
    within = [f"within_{most:g}" for most in tolerances]
    shares = dict.fromkeys(within, np.ones(len(predictions.truth), np.bool_))
    figures = {
        name: estimates(partial(_figures, predictions, predicted, tolerances), predictions.groups, shares)
        for name, predicted in predictions.models().items()
    }
    return figure_rows(predictions, group.task, figures, (*FIRST, *within, *LAST))


def _figures(
    predictions: Predictions,
    predicted: NDArray[np.float64],
    tolerances: tuple[float, ...],
    weights: NDArray[np.floating],
) -> dict[str, NDArray[np.floating]]:
    figures = {
        **regression_figures(predictions.truth, predicted, weights, tolerances),
        "median_error": weighted_median(np.abs(predicted - predictions.truth), weights),
    }
    constant = predictions.baselines.get("constant")
    if constant is None:
        return {**figures, "skill": np.full(len(weights), np.nan)}
    error = np.abs(constant - predictions.truth).astype(weights.dtype)
    # Both on the same resample: what makes a resample hard is in both errors. Of no error there is no share.
    theirs = weights @ error / weights.sum(axis=1)
    return {**figures, "skill": 1 - figures["mae"] / np.where(theirs > 0, theirs, np.nan)}


def show(table: pd.DataFrame) -> list[Panel]:
    """The table of figures."""
    return list(figure_table(task_of(table), table, FEW))
