"""Whether answers can be taken at their word: numbers by the true values behind them, classes by their shares."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import COLOURS, GREY, Panel, error_bars, new_figure
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.quality import AS_ABOVE
from reports._drawing.words import words
from reports._evidence.alike import answered_alike
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, Predictions, estimates, winner
from reports._section import Section
from xrays.statistics.classification import calibration_error, calibration_line
from xrays.statistics.regression import pull, regression_figures

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=27,
    title="Calibration",
    note="Whether an answer can be taken at its word. In brackets the 95 % interval over patients. " + AS_ABOVE,
)
COLUMNS = ["task", "part", "name", "x", "value", "low", "high", "films"]


def data(group: Group | Judged) -> pd.DataFrame:
    """Parts figure (name: of a metric) and, of a number, bin (x: mean answer of films with like answers, value: their
    mean true value)."""
    found, rows = winner(group), list[tuple[object, ...]]()
    if found is None:
        return pd.DataFrame(columns=COLUMNS)
    figures = estimates(partial(_figures, found, group.task.kind), found.groups)
    rows += [("figure", name, np.nan, *figures[name], found.whose.films) for name in figures]
    if group.task.kind == "regression":
        rows += [("bin", "", *one) for one in answered_alike(found, shares=False)]
    return pd.DataFrame([(group.task.name, *row) for row in rows], columns=COLUMNS)


def _figures(found: Predictions, kind: str, weights: NDArray[np.floating]) -> dict[str, NDArray[np.floating]]:
    if kind == "binary":
        intercept, slope = calibration_line(found.truth, found.predicted, weights)
        error = calibration_error(found.truth, found.predicted, weights)
        return {"calibration_error": error, "logit_slope": slope, "logit_intercept": intercept}
    figures = regression_figures(found.truth, found.predicted, weights)
    return {
        "bias": figures["bias"],
        "calibration_slope": figures["calibration_slope"],
        "slope": pull(found.truth, found.predicted, weights),
    }


def show(table: pd.DataFrame) -> list[Panel]:
    """The figures, and of a number the line of true values over answers."""
    task, panels = task_of(table), list[Panel]()
    if len(bins := table[table["part"] == "bin"]):
        panels.append(_line(bins))
    rows = []
    for row in table[table["part"] == "figure"].to_dict("records"):
        metric = metric_of(task, str(row["name"]))
        shown = metric.within(row["value"], row["low"], row["high"])
        rows.append([text(metric.heading), Number(text(shown)), text(metric.meaning)])
    panels.append(html_table("Calibration", ["Figure", "Value (95 % interval)", "What it is"], rows))
    return panels


def _line(bins: pd.DataFrame) -> go.Figure:
    task = task_of(bins)
    named, digits = words(task), f".{task.label.decimals}f"
    figure = new_figure(f"predicted {named['label']}, {named['unit']}", f"true {named['label']}, {named['unit']}")
    x, y = bins["x"].astype(float), bins["value"].astype(float)
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dash"}, name="equal")
    figure.add_scatter(
        x=x.round(3).tolist(),
        y=y.round(3).tolist(),
        error_y=error_bars(y, bins["low"].astype(float), bins["high"].astype(float)),
        mode="lines+markers",
        line={"color": COLOURS[0]},
        marker={"size": 8},
        name="mean of films with like answers",
        customdata=bins["films"].tolist(),
        hovertemplate=f"said %{{x:{digits}}}, found %{{y:{digits}}}<br>%{{customdata}} films<extra></extra>",
    )
    return figure
