"""The table of figures of the best trial beside those of the baselines: the same for every task.

table = figure_rows(found, task, {"trial 3": {"mae": Estimate(9.8, 9.5, 10.1)}})
figure_table(table)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, metric, of_patients, within
from reports._evidence.winner import FEW, Estimate, Predictions
from xrays.tasks import Task

COLUMNS = ["task", "model", "figure", "value", "low", "high", "films", "patients"]
NONE = "No complete trial with predictions on disk yet."
# What a model that says the same for every film of a fold cannot have: it ranks and spreads nothing.
OF_DIFFERENCES = ("auc", "calibration_slope")
PICKED = (
    "Every prediction is made by a network trained on the other folds. The trial was picked as the best on these "
    "same films, so the figures are optimistic."
)
# For the other sections of the same predictions.
AS_ABOVE = "Films and predictions are those of the figures above: out of fold, of the trial that was picked on them."


def figure_rows(
    found: Predictions, task: Task, figures: Mapping[str, Mapping[str, Estimate]], shown: tuple[str, ...]
) -> pd.DataFrame:
    """One row a model and figure, in the order of `shown`. figures: model -> figure -> estimate."""
    models = found.models()
    rows = []
    for model, own in figures.items():
        flat = says_the_same(models[model], found.folds)
        for name in shown:
            known = Estimate(*[np.nan] * 3) if flat and name in OF_DIFFERENCES else own[name]
            rows.append((task.name, model, name, *known, len(found.truth), found.patients))
    return pd.DataFrame(rows, columns=COLUMNS)


def says_the_same(predicted: NDArray[np.float64], folds: NDArray[np.int8]) -> bool:
    """Whether all films of a fold have one prediction. Between folds the constant predictor differs a little, which
    would pass for a (wrong) ranking of films."""
    return all(np.ptp(predicted[folds == fold]) == 0 for fold in np.unique(folds))


def figure_table(table: pd.DataFrame) -> list[Html]:
    """How many films there are, and the table: one row a figure, one column a model."""
    films, patients = int(table["films"].iloc[0]), int(table["patients"].iloc[0])
    models = list(table["model"].unique())
    cells = {
        (row["figure"], row["model"]): within(str(row["figure"]), row["value"], row["low"], row["high"])
        for row in table.to_dict("records")
    }
    rows = [
        [
            text(metric(name).heading),
            *(Number(text(cells.get((name, model), MISSING))) for model in models),
        ]
        for name in table["figure"].unique()
    ]
    few = f" Fewer than {FEW} patients: no basis for a judgement." if patients < FEW else ""
    counted = f"<p>{of_patients(films, patients)}.{few}</p>"
    meanings = join(
        f"<div><dt>{text(metric(name).label)}</dt><dd>{text(metric(name).meaning)}</dd></div>"
        for name in table["figure"].unique()
    )
    return [
        Html(counted),
        html_table("Figures of the best trial and the baselines", ["Figure (95 % interval)", *models], rows),
        Html(f"<details><summary>What the figures are</summary><dl>{meanings}</dl></details>"),
    ]
