"""Figures of the best trial beside those of the baselines, as one table for every task.

table = figure_rows(found, task, {"trial 3": {"mae": Estimate(9.8, 9.5, 10.1)}}, ("mae",))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.winner import Estimate, Predictions
from xrays.patients import WHOSE
from xrays.tasks import Task

COLUMNS = ["task", "model", "figure", "value", "low", "high", *WHOSE, "repeats"]
# What a model that says the same for every film of a fold cannot have: it ranks and spreads nothing.
OF_DIFFERENCES = ("auc", "calibration_slope")


def figure_rows(
    predictions: Predictions, task: Task, figures: Mapping[str, Mapping[str, Estimate]], shown: tuple[str, ...]
) -> pd.DataFrame:
    """One row a model and figure, in the order of `shown`; repeats: how often a film is predicted. figures: model ->
    figure -> estimate."""
    models, repeats = predictions.models(), len(np.unique(predictions.repeat))
    rows = []
    for model, of_model in figures.items():
        flat = says_the_same(models[model], predictions.folds)
        for name in shown:
            known = Estimate(*[np.nan] * 3) if flat and name in OF_DIFFERENCES else of_model[name]
            rows.append((task.name, model, name, *known, *astuple(predictions.whose), repeats))
    return pd.DataFrame(rows, columns=COLUMNS)


def says_the_same(predicted: NDArray[np.float64], folds: NDArray[np.int8]) -> bool:
    """Whether all films of a fold have one prediction. Between folds the constant predictor differs a little, which
    would pass for a (wrong) ranking of films."""
    return all(np.ptp(predicted[folds == fold]) == 0 for fold in np.unique(folds))
